#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace freshet::io {

/// A new temporary folder, removed at the end of the test.
class TestFolder {
 public:
  TestFolder() {
    std::string path = (std::filesystem::temp_directory_path() / "freshet_test_XXXXXX").string();
    path_ = ::mkdtemp(path.data()) != nullptr ? path : std::string();
  }
  ~TestFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace freshet::io
