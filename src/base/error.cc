#include "base/error.h"

namespace freshet {

std::string code_name(ErrorCode code) { return fmt::format("FR{:04}", static_cast<unsigned>(code)); }

std::string_view code_summary(ErrorCode code) {
  switch (code) {
#define FRESHET_ERROR(name, number, summary) \
  case ErrorCode::name:                      \
    return summary;
#include "base/error_codes.def"
#undef FRESHET_ERROR
  }
  return "unknown error";
}

std::string Error::to_string() const {
  std::string place;
  if (!file.empty()) {
    place = file;
    if (line > 0) place += fmt::format(":{}", line);
    if (line > 0 && column > 0) place += fmt::format(":{}", column);
    place += ": ";
  }
  return fmt::format("{} {}{}", code_name(code), place, message);
}

}  // namespace freshet
