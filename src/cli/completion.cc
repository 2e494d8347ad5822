#include <CLI/CLI.hpp>
#include <memory>

#include "cli/program.h"
#include "cli/terminal.h"

namespace freshet::cli {
namespace {

/// The words that may follow a verb, or a noun's verb: "sql" → "--format --help".
struct Words {
  std::string path;  ///< "topics create"; empty: freshet itself
  std::vector<std::string> words;
};

void collect(const CLI::App& app, const std::string& path, std::vector<Words>& out) {
  Words words{path, {}};
  const auto verbs = app.get_subcommands([](const CLI::App* verb) { return !verb->get_group().empty(); });
  for (const CLI::App* verb : verbs) words.words.push_back(verb->get_name());
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words.words.push_back("--" + name);
  }
  if (!path.empty()) {  // those of freshet itself, which may follow a verb too
    for (const char* everywhere : {"--folder", "--json"}) words.words.emplace_back(everywhere);
  }
  out.push_back(std::move(words));
  for (const CLI::App* verb : verbs)
    collect(*verb, path.empty() ? verb->get_name() : path + " " + verb->get_name(), out);
}

std::string bash_script(const std::vector<Words>& all) {
  std::string cases;
  for (const Words& words : all)
    cases += fmt::format("    '{}') words='{}' ;;\n", words.path, fmt::join(words.words, " "));
  return R"(# freshet for bash: source <(freshet completion bash)
_freshet() {
  local path='' word words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    case $word in
      -C|--folder) ((i++)) ;;
      -*) ;;
      *) case " $(_freshet_verbs) " in *" ${path:+${path// //}/}$word "*) path="${path:+$path }$word" ;; esac ;;
    esac
  done
  case $path in
)" + cases +
         R"(  esac
  case ${COMP_WORDS[COMP_CWORD-1]} in
    -C|--folder) mapfile -t COMPREPLY < <(compgen -d -- "${COMP_WORDS[COMP_CWORD]}"); return ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}")
}
_freshet_verbs() {
  printf '%s ' )" +
         [&all] {
           std::string verbs;
           for (const Words& words : all) {
             std::string name = words.path;
             std::replace(name.begin(), name.end(), ' ', '/');
             if (!name.empty()) verbs += name + " ";
           }
           return verbs;
         }() +
         R"(
}
complete -o default -F _freshet freshet
)";
}

std::string zsh_script(const std::vector<Words>& all) {
  return "#compdef freshet\n# freshet for zsh: source <(freshet completion zsh)\nautoload -U +X bashcompinit && "
         "bashcompinit\n" +
         bash_script(all);
}

std::string fish_script(const std::vector<Words>& all) {
  std::string out =
      "# freshet for fish: freshet completion fish | source\ncomplete -c freshet -s C -l folder -r -d 'the project "
      "folder'\n";
  for (const Words& words : all) {
    std::string condition = "__fish_use_subcommand";
    if (!words.path.empty()) {
      condition.clear();
      for (size_t begin = 0; begin < words.path.size();) {
        const size_t end = std::min(words.path.find(' ', begin), words.path.size());
        condition += (begin > 0 ? "; and " : "") +
                     fmt::format("__fish_seen_subcommand_from {}", words.path.substr(begin, end - begin));
        begin = end + 1;
      }
    }
    for (const std::string& word : words.words) {
      out += word.starts_with("--") ? fmt::format("complete -c freshet -n '{}' -l {}\n", condition, word.substr(2))
                                    : fmt::format("complete -c freshet -f -n '{}' -a {}\n", condition, word);
    }
  }
  return out;
}

}  // namespace

void add_completion(CLI::App& app, Context& context) {
  auto shell = std::make_shared<std::string>();
  CLI::App* verb = app.add_subcommand("completion", "print the completion script of a shell");
  verb->footer("Examples:\n  source <(freshet completion bash)\n  freshet completion fish | source");
  verb->add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  verb->callback([&app, &context, shell] {
    context.action = [&app, shell]() -> Result<int> {
      std::vector<Words> all;
      collect(app, "", all);
      print_out(*shell == "bash" ? bash_script(all) : *shell == "zsh" ? zsh_script(all) : fish_script(all));
      return kWell;
    };
  });
}

}  // namespace freshet::cli
