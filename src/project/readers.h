#pragma once

#include "project/document.h"
#include "project/project.h"

/// One reader a kind of file: from a parsed document to the structs of project.h, what does not fit into `problems`.
namespace freshet::project {

/// freshet.yaml
void read_settings(const Node& root, const Problems& problems, Project& project);
/// streams/NAME.yaml; `stream.name` and `stream.file` are set by the caller.
void read_stream(const Node& root, const Problems& problems, Stream& stream);

}  // namespace freshet::project
