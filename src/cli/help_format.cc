#include "cli/help_format.h"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace freshet::cli {
namespace {

class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    if (option->get_type_size() == 0) return "";
    std::string out;
    if (const std::string name = value_name(*option); !name.empty()) out += " " + name;
    if (!option->get_default_str().empty()) out += "=" + option->get_default_str();
    if (option->get_expected_max() == CLI::detail::expected_max_vector_size) out += " ...";
    if (option->get_required() && !option->get_positional()) out += " (required)";
    return out;
  }

  std::string make_footer(const CLI::App* app) const override {
    const bool is_verb = app->get_parent() != nullptr;
    return CLI::Formatter::make_footer(app) +
           (is_verb ? "Every verb takes -C DIR (the project folder, here without it) and --json.\n" : "");
  }
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> help_formatter() { return std::make_shared<HelpFormatter>(); }

/// CLI11 calls it "N:POSITIVE", "TEXT:{bash,zsh,fish}" or "N:INT in [1 - 100]".
std::string value_name(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const size_t checks = std::min(type.find(":{"), std::min(type.find(":POSITIVE"), type.find(":NONNEGATIVE")));
  const size_t range = std::min(checks, std::min(type.find(":INT in ["), type.find(":UINT in [")));
  const std::string name = type.substr(0, range);
  if (name != "TEXT") return name;
  if (!type.ends_with('}') || checks == type.npos) return option.get_positional() ? "" : name;
  std::string choices = type.substr(checks + 2, type.size() - checks - 3);
  std::replace(choices.begin(), choices.end(), ',', '|');
  return choices;
}

}  // namespace freshet::cli
