#pragma once

#include <span>
#include <string_view>

namespace freshet::cli {

/// A file of templates/, embedded in the program by cmake/embed.cmake.
struct TemplateFile {
  std::string_view path;  ///< "telemetry/streams/events.yaml"
  std::string_view text;
};

/// The folder of templates/ that is no template: example producers (cli/producers.h).
inline constexpr std::string_view kProducersFolder = "producers";

/// Sorted by path.
std::span<const TemplateFile> template_files();

}  // namespace freshet::cli
