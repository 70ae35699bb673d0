// Elliptic keys, for they are made in no time.
#include "tests/support/certificates.hpp"

#include <doctest/doctest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

namespace loopback {

namespace fs = std::filesystem;

struct certificates::made {
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  made() = default;
  made(const made&) = delete;
  made& operator=(const made&) = delete;
  ~made() {
    EVP_PKEY_free(key);
    X509_free(certificate);
  }
};

namespace {

void extend(X509* to, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  REQUIRE(extension != nullptr);
  X509_add_ext(to, extension, -1);
  X509_EXTENSION_free(extension);
}

template <class Made>
void make(Made& out, const std::string& name, int kind, const std::string& value, const Made* issuer) {
  static long serial = 1;
  out.key = EVP_EC_gen("P-256");
  out.certificate = X509_new();
  X509_set_version(out.certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(out.certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(out.certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(out.certificate), 86'400);
  X509_set_pubkey(out.certificate, out.key);
  auto* subject = X509_get_subject_name(out.certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  const Made& signer = issuer ? *issuer : out;
  X509_set_issuer_name(out.certificate, X509_get_subject_name(signer.certificate));
  extend(out.certificate, signer.certificate, kind, value);
  X509_sign(out.certificate, signer.key, EVP_sha256());
}

template <class Write>
void write_file(const fs::path& path, const Write& write) {
  auto* file = std::fopen(path.c_str(), "w");
  REQUIRE(file != nullptr);
  REQUIRE(write(file) == 1);
  std::fclose(file);
}

} // namespace

certificates::certificates() : authority_(std::make_unique<made>()) {
  auto pattern = (fs::temp_directory_path() / "suivi-certificates-XXXXXX").string();
  REQUIRE(mkdtemp(pattern.data()) != nullptr);
  directory_ = pattern;
  make<made>(*authority_, "Test Authority", NID_basic_constraints, "critical,CA:TRUE", nullptr);
  write_file(authority(), [&](FILE* f) { return PEM_write_X509(f, authority_->certificate); });
}

certificates::~certificates() {
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

std::string certificates::authority() const {
  return (directory_ / "authority.pem").string();
}

certificates::pair certificates::issue(const std::string& name, const std::string& subject_alt_name) {
  made leaf;
  make<made>(leaf, name, NID_subject_alt_name, subject_alt_name, authority_.get());
  pair paths{(directory_ / (name + ".pem")).string(), (directory_ / (name + ".key")).string()};
  write_file(paths.certificate, [&](FILE* f) { return PEM_write_X509(f, leaf.certificate); });
  write_file(paths.key, [&](FILE* f) {
    return PEM_write_PrivateKey(f, leaf.key, nullptr, nullptr, 0, nullptr, nullptr);
  });
  return paths;
}

} // namespace loopback
