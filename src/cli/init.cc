#include "cli/init.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/strings.h"
#include "cli/templates.h"
#include "engine/users.h"
#include "project/data_folder.h"
#include "project/names.h"

namespace freshet::cli {
namespace {

namespace fs = std::filesystem;

/// What every template has.
constexpr std::string_view kCommon = "common";

std::string filled_in(std::string_view text, const std::string& name, const Uuid& id) {
  std::string out(text);
  const auto replace = [&out](std::string_view placeholder, const std::string& value) {
    for (size_t at = out.find(placeholder); at != out.npos; at = out.find(placeholder, at + value.size())) {
      out.replace(at, placeholder.size(), value);
    }
  };
  replace("{{name}}", name);
  replace("{{id}}", id.to_string());
  return out;
}

Error write_error(const std::string& path, const std::string& reason, int error) {
  return Error{error == ENOSPC   ? ErrorCode::kDiskFull
               : error == EACCES ? ErrorCode::kPermission
                                 : ErrorCode::kIo,
               fmt::format("cannot write '{}': {}", path, reason),
               {},
               0,
               0};
}

Result<void> write_file(const std::string& path, const std::string& text) {
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  if (error) return std::unexpected(write_error(path, error.message(), error.value()));
  errno = 0;
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) return std::unexpected(write_error(path, errno == 0 ? "unknown reason" : std::strerror(errno), errno));
  return {};
}

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
    if (name != kCommon && (names.empty() || names.back() != name)) names.push_back(name);
  }
  return names;
}

Result<void> init_project(const InitOptions& options) {
  const std::vector<std::string> names = template_names();
  if (std::find(names.begin(), names.end(), options.template_name) == names.end()) {
    const std::string meant = nearest(options.template_name, names);
    return fail(ErrorCode::kUsage, "there is no template '{}'{}; the templates are {}", options.template_name,
                meant.empty() ? "" : fmt::format(", did you mean '{}'?", meant), fmt::join(names, ", "));
  }
  if (!options.producers.empty()) {
    return fail(ErrorCode::kProjectUnsupported,
                "--producer: example producers are not there yet; the README that init writes shows one in Python");
  }
  if (options.folder.empty())
    return fail(ErrorCode::kUsage, "name the folder of the new project, like `freshet init shop`");
  RETURN_IF_ERROR(check_folder(options.folder));
  ASSIGN_OR_RETURN(const std::string name, project_name(options));
  const Uuid id = options.id.is_zero() ? random_uuid() : options.id;
  for (const TemplateFile& file : template_files()) {
    const size_t slash = file.path.find('/');
    const std::string_view owner = file.path.substr(0, slash);
    if (owner != kCommon && owner != options.template_name) continue;
    RETURN_IF_ERROR(
        write_file(options.folder + "/" + std::string(file.path.substr(slash + 1)), filled_in(file.text, name, id)));
  }
  const std::string data = options.folder + "/data";
  RETURN_IF_ERROR(project::open_data_folder(data));
  RETURN_IF_ERROR(engine::load_or_create_users(data + "/users.json"));
  return {};
}

}  // namespace freshet::cli
