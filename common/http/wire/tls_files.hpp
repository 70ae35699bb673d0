// Where a server finds its certificate and key.
#pragma once

#include <string>

namespace suivi::http {

struct tls_files {
  std::string certificate; // PEM chain
  std::string key;         // PEM
};

} // namespace suivi::http
