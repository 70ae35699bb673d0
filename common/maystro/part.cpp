// Puts the folder's readers together.
#include "common/maystro/part.hpp"

#include "common/json/json_fields.hpp"
#include "common/maystro/address.hpp"
#include "common/maystro/envelope.hpp"
#include "common/maystro/meanings.hpp"

namespace suivi::maystro {
namespace {

courier::credentials read_credentials(const boost::json::object& stored, std::string_view base_url,
                                      std::string_view otherwise) {
  courier::credentials read;
  read.courier = courier_kind::maystro;
  read.api_key = secret(normalize_api_key(first_id(stored, {"apiKey"}).value_or("")));
  const std::string stored_address = first_id(stored, {"baseUrl"}).value_or("");
  for (std::string_view text : {base_url, std::string_view(stored_address), otherwise})
    if (read.base_url.empty()) read.base_url = normalize_base_url(text);
  return read;
}

} // namespace

const courier::courier_part& part() {
  static const courier::courier_part made = [] {
    courier::courier_part p;
    p.which = courier_kind::maystro;
    p.can.has_two_keys = false;
    p.meanings = &meanings;
    p.credential_names = "token under `apiKey`";
    p.read_credentials = &read_credentials;
    // Whatever nobody else knows for his is an envelope that may be of any shape.
    p.decode = [](std::string_view raw, std::size_t unpacked_bytes_max) {
      return std::optional(decode(raw, unpacked_bytes_max));
    };
    p.decoder_version = decoder_version;
    return p;
  }();
  return made;
}

} // namespace suivi::maystro
