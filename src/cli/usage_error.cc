#include "cli/usage_error.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <optional>
#include <regex>

#include "base/strings.h"
#include "cli/program.h"

namespace freshet::cli {
namespace {

std::vector<const CLI::App*> verbs_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App* verb) { return !verb->get_group().empty(); });
}

std::vector<std::string> names_of(const std::vector<const CLI::App*>& verbs) {
  std::vector<std::string> names;
  for (const CLI::App* verb : verbs) names.push_back(verb->get_name());
  return names;
}

/// The verb that the command line came to, and its words: "freshet topics create".
struct Place {
  const CLI::App* app;
  std::string words;
};
Place place_of(const CLI::App& app, const std::vector<std::string>& arguments) {
  Place place{&app, "freshet"};
  for (const std::string& word : arguments) {
    for (const CLI::App* verb : place.app->get_subcommands([](const CLI::App*) { return true; })) {
      if (verb->get_name() != word) continue;
      place = {verb, place.words + " " + word};
      break;
    }
  }
  return place;
}

std::string meant(const std::string& word, const std::vector<std::string>& candidates) {
  const std::string near = nearest(word, candidates);
  return near.empty() ? "" : fmt::format(", did you mean '{}'?", near);
}

std::vector<std::string> options_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
    for (const CLI::Option* option : at->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

/// Bounds of "any positive number" are the limits of a double, with 300 digits: not for people.
std::string range_sentence(const std::string& option, const std::string& value, const std::string& low,
                           const std::string& high) {
  constexpr double kNoBound = 1e300;
  char* end = nullptr;
  const double number = std::strtod(value.c_str(), &end);
  const bool is_number = end != value.c_str() && *end == '\0';
  if (std::strtod(high.c_str(), nullptr) < kNoBound) {
    return fmt::format("{} {}: a number from {} to {} is wanted", option, value, low, high);
  }
  return fmt::format("{} {}: a number {} is wanted", option, value,
                     is_number && number == 0 ? "above 0" : "not below 0");
}

/// CLI11's text, when it is one of those that can be said better.
std::optional<std::string> better(const Place& place, const std::string& text) {
  static const std::regex kRange(R"(^(.+): Value (.*) not in range ([-\d.e+]+) to ([-\d.e+]+)$)");
  static const std::regex kMember(R"(^(.+): (.*) not in \{(.+)\}$)");
  static const std::regex kMissing(R"(^(--\S+): \d+ required (.+) missing$)");
  static const std::regex kConversion(R"(^Could not convert: (.+) = (.*)$)");
  static const std::regex kUnexpected(R"(^The following arguments? (?:was|were) not expected: (\S+).*$)");
  std::smatch found;
  if (std::regex_match(text, found, kRange)) return range_sentence(found[1], found[2], found[3], found[4]);
  if (std::regex_match(text, found, kMember)) {
    return fmt::format("{} {}: one of {} is wanted", found[1].str(), found[2].str(),
                       std::regex_replace(found[3].str(), std::regex(","), ", "));
  }
  if (std::regex_match(text, found, kMissing))
    return fmt::format("{} needs a value, {}", found[1].str(), found[2].str());
  if (std::regex_match(text, found, kConversion)) {
    return fmt::format("{} {}: a number is wanted", found[1].str(), found[2].str());
  }
  if (std::regex_match(text, found, kUnexpected)) {
    const std::string word = found[1];
    const std::string name = word.substr(0, word.find('='));
    return word.starts_with('-') ? fmt::format("there is no option '{}' of `{}`{}", name, place.words,
                                               meant(name, options_of(*place.app)))
                                 : fmt::format("'{}' is one word too many for `{}`", word, place.words);
  }
  if (text == "A subcommand is required") {
    return fmt::format("`{}` needs a verb: {}", place.words, fmt::join(names_of(verbs_of(*place.app)), ", "));
  }
  return std::nullopt;
}

}  // namespace

std::string unknown_verb(const CLI::App& app, const std::vector<std::string>& arguments) {
  const CLI::App* at = &app;
  std::string words = "freshet";
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "-C" || word == "--folder") ++i;
    if (word.starts_with('-')) continue;
    const auto all = at->get_subcommands([](const CLI::App*) { return true; });
    const auto verb =
        std::find_if(all.begin(), all.end(), [&](const CLI::App* one) { return one->get_name() == word; });
    if (verb == all.end()) {
      if (verbs_of(*at).empty()) return "";  // an argument of the verb
      return fmt::format("there is no verb '{}'{}{}; `{} --help` lists them", word,
                         at == &app ? "" : fmt::format(" of `{}`", words), meant(word, names_of(verbs_of(*at))), words);
    }
    at = *verb;
    words += " " + word;
  }
  return "";
}

std::string usage_sentence(const CLI::App& app, const CLI::ParseError& error,
                           const std::vector<std::string>& arguments) {
  if (std::string verb = unknown_verb(app, arguments); !verb.empty()) return verb;
  std::string text = error.what();
  while (text.ends_with('\n')) text.pop_back();
  const Place place = place_of(app, arguments);
  return fmt::format("{}; `{} --help` shows what is possible", better(place, text).value_or(text), place.words);
}

}  // namespace freshet::cli
