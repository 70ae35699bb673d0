// Keys are digests of tagged, length-prefixed parts, so that no two kinds can collide.
#include "receiver/dedupe.hpp"

#include "common/base/time.hpp"
#include "common/crypto/crypto.hpp"

#include <boost/json/serialize.hpp>

namespace suivi::receiver {
namespace {

std::string digest(std::string_view bytes) {
  auto hash = crypto::sha256(bytes);
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

std::string key_of(char kind, std::string_view qualifier, std::string_view body_digest) {
  std::string parts(1, kind);
  parts += std::to_string(qualifier.size());
  parts += ':';
  parts += qualifier;
  parts += body_digest;
  return digest(parts);
}

} // namespace

dedupe_key choose_key(std::string_view raw, const maystro::event& what) {
  if (what.kind == maystro::event_kind::not_understood && !what.message_id)
    return {key_of('q', "", digest(raw)), true};
  if (what.message_id && !what.message_id->empty()) {
    std::string said = what.body ? boost::json::serialize(*what.body) : std::string(raw);
    return {key_of('m', *what.message_id, digest(said)), false};
  }
  if (what.published_at) return {key_of('p', format_instant(*what.published_at), digest(raw)), false};
  return {key_of('b', "", digest(raw)), true};
}

} // namespace suivi::receiver
