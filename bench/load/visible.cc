// The delay that a user sees, from outside: one process notes when it called produce for each group of events, and asks
// every --every MS for --query, whose answer is how many events are visible. A group is visible when the answer
// reached its last event's number; the query's own time is inside the figure. The order of events across partitions is
// not known from outside: the count stands for it.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>
#include <mutex>
#include <thread>

#include "load.h"
#include "producer.h"

namespace freshet::bench {
namespace {

constexpr int64_t kGroupNs = 1'000'000;  ///< events that fall due in the same millisecond are one group
constexpr int64_t kVisibleWithinNs = 60'000'000'000;

struct Group {
  int64_t called_ns = 0;  ///< before its first event's produce call
  int64_t events = 0;
  int64_t last_number = 0;  ///< events sent up to its end
};

/// One kept connection to ClickHouse's HTTP port, one question.
class Asker {
 public:
  explicit Asker(const Arguments& arguments) : socket_(connect_to(arguments.text("clickhouse"))) {
    const char* password = std::getenv("BENCH_PASSWORD");
    const std::string query = arguments.text("query");
    request_ = fmt::format(
        "POST /?database={} HTTP/1.1\r\nHost: bench\r\nX-ClickHouse-User: {}\r\nX-ClickHouse-Key: {}\r\n"
        "Content-Length: {}\r\n\r\n{}",
        arguments.text("database"), arguments.text("user"), password == nullptr ? "" : password, query.size(), query);
  }
  ~Asker() { close(socket_); }
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  int64_t ask() {
    if (send(socket_, request_.data(), request_.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request_.size()))
      give_up("ClickHouse's connection broke");
    std::string answer;
    while (!answer.ends_with("\r\n0\r\n\r\n")) {  // the last of the chunks that ClickHouse always answers with
      char buffer[4096];
      const ssize_t got = recv(socket_, buffer, sizeof buffer, 0);
      if (got <= 0) give_up("ClickHouse's connection broke");
      answer.append(buffer, static_cast<size_t>(got));
      if (answer.size() > 1'000'000) give_up("ClickHouse's answer is not a number: " + answer.substr(0, 500));
    }
    const size_t body = answer.find("\r\n", answer.find("\r\n\r\n") + 4);
    if (!answer.starts_with("HTTP/1.1 200") || body == std::string::npos) give_up("ClickHouse refused: " + answer);
    return std::strtoll(answer.c_str() + body + 2, nullptr, 10);
  }

 private:
  static int connect_to(const std::string& address) {
    const size_t colon = address.rfind(':');
    sockaddr_in target{};
    target.sin_family = AF_INET;
    target.sin_port = htons(static_cast<uint16_t>(std::atoi(address.c_str() + colon + 1)));
    const int handle = socket(AF_INET, SOCK_STREAM, 0);
    if (colon == std::string::npos || inet_pton(AF_INET, address.substr(0, colon).c_str(), &target.sin_addr) != 1 ||
        connect(handle, reinterpret_cast<sockaddr*>(&target), sizeof target) != 0)
      give_up("--clickhouse " + address + ": cannot connect");
    const int yes = 1;
    setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const timeval patience{.tv_sec = 60, .tv_usec = 0};
    setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return handle;
  }

  const int socket_;
  std::string request_;
};

/// Groups on their way from the thread that sends to the one that asks.
class Groups {
 public:
  void add(const Group& group) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(group);
  }
  /// Takes what `visible` events cover; its samples, without the groups called before `from_ns`.
  void take(int64_t visible, int64_t answered_ns, int64_t from_ns, std::vector<Sample>& samples) {
    const std::lock_guard lock(mutex_);
    while (!waiting_.empty() && waiting_.front().last_number <= visible) {
      const Group& group = waiting_.front();
      if (group.called_ns >= from_ns) samples.push_back({.ns = answered_ns - group.called_ns, .weight = group.events});
      waiting_.pop_front();
    }
  }
  bool empty() const {
    const std::lock_guard lock(mutex_);
    return waiting_.empty();
  }

 private:
  mutable std::mutex mutex_;
  std::deque<Group> waiting_;
};

void send_groups(const Arguments& arguments, Producer& producer, Groups& groups, int64_t started_ns) {
  const double rate = arguments.real("rate", 1000);
  const auto count =
      static_cast<int64_t>((arguments.real("warmup", 3) + arguments.real("duration", 20)) * rate) + producer.sent();
  const int64_t first = producer.sent();
  Records records(arguments);
  for (int64_t tick_ns = started_ns; producer.sent() < count; tick_ns += kGroupNs) {
    if (tick_ns > now_ns()) sleep_until_ns(tick_ns);
    const auto due = first + static_cast<int64_t>(static_cast<double>(tick_ns + kGroupNs - started_ns) * rate / 1e9);
    Group group{.called_ns = now_ns()};
    while (producer.sent() < std::min(due, count)) {
      const auto record = records.next();
      producer.send(record.key, record.value);
      ++group.events;
    }
    if (group.events == 0) continue;
    group.last_number = producer.sent();
    groups.add(group);
  }
  producer.finish();
}

}  // namespace

/// --rate N --duration S [--warmup S] [--every MS] --clickhouse HOST:PORT --database D --user U --query SQL; the
/// password is in BENCH_PASSWORD. The query must answer 0 before the run.
int run_visible(const Arguments& arguments) {
  const auto every_ns = static_cast<int64_t>(arguments.real("every", 5) * 1e6);
  Asker asker(arguments);
  if (asker.ask() != 0) give_up("there are events already: a fresh project is wanted");
  Producer producer(arguments);
  {
    Records records(arguments);
    producer.warm_up(records.next().value);
  }
  Groups groups;
  const int64_t started_ns = now_ns();
  const int64_t from_ns = started_ns + static_cast<int64_t>(arguments.real("warmup", 3) * 1e9);
  const double cpu_before = own_cpu_seconds();
  std::atomic<bool> sending{true};
  std::jthread sender([&] {
    send_groups(arguments, producer, groups, started_ns);
    sending = false;
  });

  std::vector<Sample> samples;
  std::vector<Sample> queries;
  int64_t visible = 0;
  int64_t sent_ns = 0;
  for (int64_t tick_ns = started_ns; sending || !groups.empty(); tick_ns = std::max(tick_ns + every_ns, now_ns())) {
    sleep_until_ns(tick_ns);
    const int64_t asked_ns = now_ns();
    visible = asker.ask();
    const int64_t answered_ns = now_ns();
    queries.push_back({.ns = answered_ns - asked_ns});
    groups.take(visible, answered_ns, from_ns, samples);
    if (!sending && sent_ns == 0) sent_ns = answered_ns;
    if (sent_ns != 0 && answered_ns - sent_ns > kVisibleWithinNs)
      give_up(fmt::format("{} of {} events are visible 60 s after the last", visible, producer.sent()));
  }
  sender.join();
  fmt::print(
      R"({{"total_records": {}, "visible": {}, "seconds": {:.4f}, "sending_seconds": {:.4f}, "cpu_seconds": {:.3f}, )"
      R"("visible_ms": {}, "query_ms": {}, "delivery_ms": {}}})"
      "\n",
      producer.sent(), visible, static_cast<double>(now_ns() - started_ns) / 1e9,
      static_cast<double>(sent_ns - started_ns) / 1e9, own_cpu_seconds() - cpu_before, percentiles_json(samples),
      percentiles_json(queries), percentiles_json(producer.latencies()));
  return 0;
}

}  // namespace freshet::bench
