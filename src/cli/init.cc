#include "cli/init.h"

#include <algorithm>
#include <filesystem>

#include "base/strings.h"
#include "cli/producers.h"
#include "cli/template_writer.h"
#include "cli/templates.h"
#include "engine/users.h"
#include "project/data_folder.h"
#include "project/names.h"

namespace freshet::cli {
namespace {

namespace fs = std::filesystem;

/// What every template has.
constexpr std::string_view kCommon = "common";

Result<void> check_folder(const std::string& folder) {
  std::error_code error;
  if (!fs::exists(folder, error)) return {};
  if (!fs::is_directory(folder, error))
    return fail(ErrorCode::kProjectExists, "'{}' is a file: name a folder that is new or empty", folder);
  if (!fs::is_empty(folder, error) || error) {
    return fail(ErrorCode::kProjectExists, "'{}' is not empty: name a folder that is new or empty", folder);
  }
  return {};
}

Result<std::string> project_name(const InitOptions& options) {
  if (options.name.empty()) {
    fs::path path = fs::absolute(options.folder).lexically_normal();
    if (path.filename().empty()) path = path.parent_path();
    return project::sanitized_name(path.filename().string());
  }
  if (const auto fault = project::name_fault(options.name)) {
    return fail(ErrorCode::kUsage, "the name '{}' {}", options.name, *fault);
  }
  return options.name;
}

}  // namespace

std::vector<std::string> template_names() {
  std::vector<std::string> names;
  for (const TemplateFile& file : template_files()) {
    const std::string name(file.path.substr(0, file.path.find('/')));
    if (name != kCommon && name != kProducersFolder && (names.empty() || names.back() != name)) names.push_back(name);
  }
  return names;
}

bool is_project(const std::string& folder) {
  std::error_code error;
  return fs::exists(folder + "/freshet.yaml", error);
}

Result<void> init_project(const InitOptions& options) {
  const std::vector<std::string> names = template_names();
  if (std::find(names.begin(), names.end(), options.template_name) == names.end()) {
    const std::string meant = nearest(options.template_name, names);
    return fail(ErrorCode::kUsage, "there is no template '{}'{}; the templates are {}", options.template_name,
                meant.empty() ? "" : fmt::format(", did you mean '{}'?", meant), fmt::join(names, ", "));
  }
  RETURN_IF_ERROR(check_languages(options.producers));
  if (options.folder.empty())
    return fail(ErrorCode::kUsage, "name the folder of the new project, like `freshet init shop`");
  RETURN_IF_ERROR(check_folder(options.folder));
  ASSIGN_OR_RETURN(const std::string name, project_name(options));
  const Uuid id = options.id.is_zero() ? random_uuid() : options.id;
  for (const TemplateFile& file : template_files()) {
    const size_t slash = file.path.find('/');
    const std::string_view owner = file.path.substr(0, slash);
    if (owner != kCommon && owner != options.template_name) continue;
    RETURN_IF_ERROR(write_file(options.folder + "/" + std::string(file.path.substr(slash + 1)),
                               filled_in(file.text, {{"{{name}}", name}, {"{{id}}", id.to_string()}})));
  }
  const std::string data = options.folder + "/data";
  RETURN_IF_ERROR(project::open_data_folder(data));
  RETURN_IF_ERROR(engine::load_or_create_users(data + "/users.json"));
  if (options.producers.empty()) return {};
  return write_producers(options.folder, options.producers);
}

}  // namespace freshet::cli
