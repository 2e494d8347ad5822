#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "base/strings.h"
#include "project/names.h"
#include "project/parse_stream.h"
#include "project/project.h"
#include "project/readers.h"

namespace freshet::project {
namespace {

namespace fs = std::filesystem;

constexpr uintmax_t kMaxFileBytes = uintmax_t{1} << 20;

bool read_text(const std::string& folder, const Problems& problems, std::string& text) {
  const std::string path = folder + "/" + problems.file;
  std::error_code error;
  const uintmax_t size = fs::file_size(path, error);
  if (!error && size > kMaxFileBytes) {
    problems.add(ErrorCode::kProjectInvalid, {},
                 fmt::format("{} is too large for a project file: the limit is 1 MiB", human_bytes(size)));
    return false;
  }
  std::ifstream file(path, std::ios::binary);
  if (error || !file) {
    problems.add(ErrorCode::kIo, {},
                 fmt::format("the file cannot be read: {}", error ? error.message() : "no permission"));
    return false;
  }
  text.assign(std::istreambuf_iterator<char>(file), {});
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  return true;
}

/// Names of the files `NAME.extension` in a folder, sorted. What else lies there is reported, but for hidden files,
/// backups of editors and *.md.
std::vector<std::string> list(const std::string& folder, const std::string& sub, const std::string& extension,
                              std::vector<Error>& errors) {
  std::vector<std::string> names;
  std::error_code error;
  if (!fs::exists(folder + "/" + sub, error)) return names;
  std::vector<std::string> files;
  for (fs::directory_iterator it(folder + "/" + sub, error), end; !error && it != end; it.increment(error)) {
    files.push_back(it->path().filename().string());
  }
  if (error)
    errors.push_back({ErrorCode::kIo, fmt::format("the folder cannot be read: {}", error.message()), sub, 0, 0});
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) {
    const Problems problems{sub + "/" + file, &errors};
    if (file.starts_with(".") || file.starts_with("#") || file.ends_with("~") || file.ends_with(".bak") ||
        file.ends_with(".md"))
      continue;
    const std::string name = file.ends_with(extension) ? file.substr(0, file.size() - extension.size()) : "";
    if (name.empty() || fs::is_directory(folder + "/" + problems.file, error)) {
      problems.add(ErrorCode::kProjectInvalid, {},
                   fmt::format("only files NAME{} belong here: rename it or move it away", extension));
    } else if (const auto fault = name_fault(name)) {
      problems.add(ErrorCode::kProjectInvalid, {}, fmt::format("the name '{}' {}", name, *fault));
    } else {
      names.push_back(name);
    }
  }
  return names;
}

void load_settings(Project& project, std::vector<Error>& errors) {
  const Problems problems{"freshet.yaml", &errors};
  std::error_code error;
  if (!fs::exists(project.folder + "/freshet.yaml", error)) {
    problems.add(
        ErrorCode::kProjectMissing, {},
        fmt::format(
            "there is no freshet.yaml in '{}': run `freshet init DIR` to make a project, or name its folder with -C",
            project.folder));
    return;
  }
  std::string text;
  Node root;
  if (read_text(project.folder, problems, text) && parse_document(text, problems, root))
    read_settings(root, problems, project);
}

void load_streams(Project& project, std::vector<Error>& errors) {
  for (const std::string& name : list(project.folder, "streams", ".yaml", errors)) {
    Stream stream;
    stream.name = name;
    stream.file = "streams/" + name + ".yaml";
    const Problems problems{stream.file, &errors};
    std::string text;
    Node root;
    if (!read_text(project.folder, problems, text) || !parse_document(text, problems, root)) continue;
    read_stream(root, problems, stream);
    project.streams.push_back(std::move(stream));
  }
}

void load_views(Project& project, std::vector<Error>& errors) {
  for (const std::string& name : list(project.folder, "views", ".sql", errors)) {
    View view{.name = name, .file = "views/" + name + ".sql", .sql = {}};
    const Problems problems{view.file, &errors};
    if (!read_text(project.folder, problems, view.sql)) continue;
    if (trim(view.sql).empty()) {
      problems.add(
          ErrorCode::kProjectInvalid, {},
          fmt::format("the file is empty: write CREATE MATERIALIZED VIEW {} ENGINE = … ORDER BY … AS SELECT …", name));
    }
    project.views.push_back(std::move(view));
  }
}

void check_clashes(const Project& project, std::vector<Error>& errors) {
  std::map<std::string, const Stream*> by_topic;
  for (const Stream& stream : project.streams) {
    const auto [first, fresh] = by_topic.emplace(stream.topic, &stream);
    if (fresh) continue;
    errors.push_back(
        {ErrorCode::kProjectInvalid,
         fmt::format("topic '{}' is read by {} already: one stream a topic", stream.topic, first->second->file),
         stream.file, 0, 0});
  }
  for (const View& view : project.views) {
    const auto same = std::find_if(project.streams.begin(), project.streams.end(),
                                   [&](const Stream& s) { return s.name == view.name; });
    if (same == project.streams.end()) continue;
    errors.push_back(
        {ErrorCode::kProjectInvalid,
         fmt::format("'{}' is the name of {} too, and both are tables of one database: rename this file and its view",
                     view.name, same->file),
         view.file, 0, 0});
  }
}

}  // namespace

std::expected<Stream, std::vector<Error>> parse_stream(const std::string& name, const std::string& file,
                                                       std::string_view text) {
  Stream stream;
  stream.name = name;
  stream.file = file;
  std::vector<Error> errors;
  const Problems problems{file, &errors};
  Node root;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (parse_document(text, problems, root)) read_stream(root, problems, stream);
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return stream;
}

std::expected<Project, std::vector<Error>> load(const std::string& folder) {
  Project project;
  project.folder = folder;
  std::vector<Error> errors;
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    errors.push_back(
        {ErrorCode::kProjectMissing,
         fmt::format("there is no folder '{}': run `freshet init {}` to make a project there", folder, folder),
         {},
         0,
         0});
    return std::unexpected(std::move(errors));
  }
  load_settings(project, errors);
  if (!errors.empty() && errors.front().code == ErrorCode::kProjectMissing && errors.front().line == 0) {
    return std::unexpected(std::move(errors));  // not a project folder: its other files are somebody else's
  }
  load_streams(project, errors);
  load_views(project, errors);
  check_clashes(project, errors);
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return project;
}

}  // namespace freshet::project
