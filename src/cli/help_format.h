#pragma once

#include <memory>
#include <string>

namespace CLI {
class FormatterBase;
class Option;
}  // namespace CLI

namespace freshet::cli {

/// How `--help` looks: CLI11's, but that what a value is called stands there without C++'s words for it, and that every
/// verb ends with what holds for all.
std::shared_ptr<CLI::FormatterBase> help_formatter();

/// "N", "HOST:PORT", "bash|zsh|fish": what the value of an option is called; empty when there is nothing to say.
std::string value_name(const CLI::Option& option);

}  // namespace freshet::cli
