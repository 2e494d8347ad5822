#include "options.h"

#include <cstdlib>
#include <functional>
#include <iostream>
#include <vector>

namespace {

struct Option {
  const char* name;
  const char* variable;
  const char* help;
  std::function<void(const std::string&)> set;
};

[[noreturn]] void wrong_arguments(const std::string& sentence) {
  std::cerr << "error: " << sentence << "\n";
  std::exit(2);
}

double number(const std::string& name, const std::string& text, double least) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !(value >= least)) {
    wrong_arguments(name + " " + text + ": a number from " + std::to_string(static_cast<int>(least)) + " is wanted");
  }
  return value;
}

}  // namespace

Options parse_options(int argc, char** argv) {
  Options o;
  const std::vector<Option> known = {
      {"--brokers", "KAFKA_BROKERS", "addresses, divided by commas", [&](auto& text) { o.brokers = text; }},
      {"--topic", "KAFKA_TOPIC", "where the events go", [&](auto& text) { o.topic = text; }},
      {"--rate", "RATE", "events a second, 0: no pause", [&](auto& text) { o.rate = number("--rate", text, 0); }},
      {"--count", "COUNT", "end after so many, 0: until stopped",
       [&](auto& text) { o.count = static_cast<long>(number("--count", text, 0)); }},
      {"--delivery-timeout", "DELIVERY_TIMEOUT", "seconds after which an event that is not delivered has failed",
       [&](auto& text) { o.delivery_timeout_s = number("--delivery-timeout", text, 1); }},
      {"--undelivered", "UNDELIVERED", "the file where failed events are kept",
       [&](auto& text) { o.undelivered = text; }},
  };
  for (const Option& option : known) {
    if (const char* value = std::getenv(option.variable)) option.set(value);
  }
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (word == "--verbose") {
      o.verbose = true;
      continue;
    }
    if (word == "--help") {
      for (const Option& option : known) {
        std::cout << option.name << " VALUE, " << option.variable << ": " << option.help << "\n";
      }
      std::cout << "--verbose: print each delivered event on stdout\n";
      std::exit(0);
    }
    const Option* found = nullptr;
    for (const Option& option : known) {
      if (name == option.name) found = &option;
    }
    if (found == nullptr) wrong_arguments("unknown argument " + word);
    if (equals == std::string::npos && i + 1 == argc) wrong_arguments(name + " needs a value");
    found->set(equals == std::string::npos ? argv[++i] : word.substr(equals + 1));
  }
  return o;
}
