#include "cli/producers.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "base/strings.h"
#include "cli/event_source.h"
#include "cli/template_writer.h"
#include "cli/templates.h"
#include "project/project.h"

namespace freshet::cli {
namespace {

namespace fs = std::filesystem;

/// What the producers of every template have.
constexpr std::string_view kCommon = "common";

/// templates/producers/OWNER/LANGUAGE/NAME
struct ProducerFile {
  std::string_view owner;
  std::string_view language;
  std::string_view name;
  std::string_view text;
};

/// What people write for a language, where its letters alone would not tell.
constexpr std::pair<std::string_view, std::string_view> kAlso[] = {
    {"c++", "cpp"},         {"cxx", "cpp"},         {"golang", "go"},   {"js", "node"},
    {"javascript", "node"}, {"typescript", "node"}, {"nodejs", "node"}, {"py", "python"}};

std::string meant_by(const std::string& language, const std::vector<std::string>& known) {
  for (const auto& [word, name] : kAlso) {
    if (language == word) return std::string(name);
  }
  return nearest(language, known);
}

std::vector<ProducerFile> producer_files() {
  std::vector<ProducerFile> files;
  for (const TemplateFile& file : template_files()) {
    const std::vector<std::string_view> parts = split(file.path, '/');
    if (parts.size() == 4 && parts[0] == kProducersFolder) files.push_back({parts[1], parts[2], parts[3], file.text});
  }
  return files;
}

struct Fit {
  const project::Stream* stream;
  Example example;
};

Result<Fit> fitting_stream(const project::Project& project) {
  for (const project::Stream& stream : project.streams) {
    if (const auto example = example_of(stream)) return Fit{&stream, *example};
  }
  return fail(ErrorCode::kProjectUnsupported,
              "--producer: the example events have the columns of the templates telemetry (user_id, action) and "
              "sre-errors (service, level); no stream of this project has them. Make a project of such a template, and "
              "replace the event's file of its producers by your own event");
}

Result<void> check_folders(const std::string& folder, const std::vector<std::string>& languages) {
  for (const std::string& language : languages) {
    const std::string path = folder + "/producers/" + language;
    std::error_code error;
    if (fs::exists(path, error) && !fs::is_empty(path, error)) {
      return fail(ErrorCode::kProjectExists, "'{}' is not empty: nothing was written", path);
    }
  }
  return {};
}

}  // namespace

std::vector<std::string> producer_languages() {
  std::set<std::string> languages;
  for (const ProducerFile& file : producer_files()) languages.emplace(file.language);
  return {languages.begin(), languages.end()};
}

Result<void> check_languages(const std::vector<std::string>& languages) {
  const std::vector<std::string> known = producer_languages();
  for (const std::string& language : languages) {
    if (std::find(known.begin(), known.end(), language) != known.end()) continue;
    const std::string meant = meant_by(language, known);
    return fail(ErrorCode::kUsage, "--producer: there is no example producer in '{}'{}; the languages are {}", language,
                meant.empty() ? "" : fmt::format(", did you mean '{}'?", meant), fmt::join(known, ", "));
  }
  return {};
}

Result<void> write_producers(const std::string& folder, const std::vector<std::string>& languages) {
  RETURN_IF_ERROR(check_languages(languages));
  const auto project = project::load(folder);
  if (!project) return std::unexpected(project.error().front());
  ASSIGN_OR_RETURN(const Fit fit, fitting_stream(*project));
  RETURN_IF_ERROR(check_folders(folder, languages));
  const Placeholders placeholders = {{"{{kafka}}", project->kafka.advertise.to_string()},
                                     {"{{topic}}", fit.stream->topic},
                                     {"{{stream}}", fit.stream->name},
                                     {"{{key}}", std::string(fit.example.key)}};
  for (const ProducerFile& file : producer_files()) {
    if (file.owner != kCommon && file.owner != fit.example.template_name) continue;
    if (std::find(languages.begin(), languages.end(), file.language) == languages.end()) continue;
    RETURN_IF_ERROR(write_file(fmt::format("{}/producers/{}/{}", folder, file.language, file.name),
                               filled_in(file.text, placeholders)));
  }
  return {};
}

}  // namespace freshet::cli
