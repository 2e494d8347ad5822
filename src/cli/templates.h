#pragma once

#include <span>
#include <string_view>

namespace freshet::cli {

/// A file of templates/, embedded in the program by cmake/embed.cmake.
struct TemplateFile {
  std::string_view path;  ///< "telemetry/streams/events.yaml"
  std::string_view text;
};

/// Sorted by path.
std::span<const TemplateFile> template_files();

}  // namespace freshet::cli
