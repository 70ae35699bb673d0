// A fresh folder that goes with the object.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

namespace suivi::test {

class folder {
 public:
  folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "suivi-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

} // namespace suivi::test
