#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace freshet::cli {

/// The word that stands where a verb should and is none: "freshet statsu --json" → a sentence about 'statsu'; empty
/// when there is nothing wrong with the verbs. `arguments`: without the program's name. Also for "freshet statsu
/// --help", which CLI11 would answer with the help of all.
std::string unknown_verb(const CLI::App& app, const std::vector<std::string>& arguments);

/// What CLI11 refused, in a sentence that says what was wanted, with the nearest right name where one is near. After
/// app.parse() has thrown `error`.
std::string usage_sentence(const CLI::App& app, const CLI::ParseError& error,
                           const std::vector<std::string>& arguments);

}  // namespace freshet::cli
