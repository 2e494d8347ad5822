#pragma once

#include <string>

/// Each from the command line, else from the environment, else the default here.
struct Options {
  std::string brokers = "{{kafka}}";              ///< --brokers, KAFKA_BROKERS
  std::string topic = "{{topic}}";                ///< --topic, KAFKA_TOPIC
  double rate = 100;                              ///< --rate, RATE: events a second, 0: no pause
  long count = 0;                                 ///< --count, COUNT: end after so many, 0: until stopped
  double delivery_timeout_s = 120;                ///< --delivery-timeout, DELIVERY_TIMEOUT
  std::string undelivered = "undelivered.jsonl";  ///< --undelivered, UNDELIVERED: where failed events are kept
  bool verbose = false;                           ///< --verbose: print each delivered event on stdout
};

/// Ends the program with code 2 when they are wrong, with 0 after --help.
Options parse_options(int argc, char** argv);
