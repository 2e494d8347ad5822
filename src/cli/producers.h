#pragma once

#include <string>
#include <vector>

#include "base/error.h"

/// Example producers in other languages: templates/producers/COMMON|TEMPLATE/LANGUAGE, written as producers/LANGUAGE of
/// a project, with its Kafka address and its stream's topic filled in.
namespace freshet::cli {

/// "cpp", "go", "node", "python".
std::vector<std::string> producer_languages();

/// kUsage, with the nearest right name, when one is not there.
Result<void> check_languages(const std::vector<std::string>& languages);

/// Writes them for the first stream whose columns fit a template's example events. Nothing is written when a language
/// is not there (kUsage), one of the folders holds something already (kProjectExists), no stream fits
/// (kProjectUnsupported), or the project has an error (its first one).
Result<void> write_producers(const std::string& folder, const std::vector<std::string>& languages);

}  // namespace freshet::cli
