// Sends events to the topic {{topic}} with an idempotent producer, until --count, Ctrl-C or SIGTERM.
//
// What to copy: sender.h and sender.cc. What to replace: event.h and event.cc, and the loop in run(), by where your
// events come from. Exit code 0: every event that was accepted is delivered. 1: not all; those are in the --undelivered
// file. 2: wrong arguments.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <iostream>
#include <optional>
#include <string>

#include "event.h"
#include "options.h"
#include "sender.h"

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

// After a signal: less than the 30 s that systemd and Kubernetes give before they kill.
constexpr std::chrono::seconds kStop{20};

volatile sig_atomic_t signals = 0;
void on_signal(int) { signals = signals + 1; }

/// The first SIGINT or SIGTERM ends the making of events, a second one (or kStop) also the waiting for them.
class StopSignals {
 public:
  StopSignals() {
    struct sigaction action = {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;  // output that waits for its reader goes on
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
  }
  bool stopping() const { return signals > 0; }
  bool give_up() {
    if (signals == 0) return false;
    if (!deadline_) deadline_ = Clock::now() + kStop;
    return signals > 1 || Clock::now() > *deadline_;
  }

 private:
  std::optional<Clock::time_point> deadline_;
};

/// Counts the events that were accepted, also when it ends with an exception.
void run(Sender& sender, const StopSignals& stop, const Options& options, long& accepted) {
  const auto ended = [&] { return stop.stopping() || sender.failed() > 0; };
  const Clock::time_point started = Clock::now();
  while (!ended() && !(options.count > 0 && accepted >= options.count)) {
    const double early_s =
        options.rate > 0 ? static_cast<double>(accepted) / options.rate - Seconds(Clock::now() - started).count() : 0;
    if (early_s > 0.001) {
      sender.wait(std::min(early_s, 0.1));
      continue;
    }
    if (!sender.send(make_event(), ended)) break;
    ++accepted;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  try {
    Sender sender({options.brokers, options.topic, options.delivery_timeout_s, options.undelivered});
    if (options.verbose) sender.on_delivered = [](const std::string& value) { std::cout << value << std::endl; };
    StopSignals stop;
    long accepted = 0;
    std::string fault;
    try {
      run(sender, stop, options, accepted);
    } catch (const std::exception& error) {  // an event that cannot be serialized, or sent at all: it was not accepted
      fault = error.what();
    }
    sender.flush([&stop] { return stop.give_up(); });
    std::cerr << sender.delivered() << " delivered, " << sender.failed() << " not delivered\n";
    if (sender.failed() > 0) {
      std::cerr << "error: " << sender.first_error() << "; what was not delivered is in " << options.undelivered
                << "\n";
    }
    if (!fault.empty()) std::cerr << "error: " << fault << "\n";
    return fault.empty() && sender.delivered() == accepted ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
}
