// Certificates made for one test run.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

namespace loopback {

// A directory with an authority and the certificates it signs; removed with the object.
class certificates {
 public:
  certificates();
  ~certificates();

  struct pair {
    std::string certificate; // paths of PEM files
    std::string key;
  };
  // For `subject_alt_name` as OpenSSL writes it: "DNS:localhost,IP:127.0.0.1".
  pair issue(const std::string& name, const std::string& subject_alt_name);
  [[nodiscard]] std::string authority() const;

 private:
  struct made;
  std::filesystem::path directory_;
  std::unique_ptr<made> authority_;
};

} // namespace loopback
