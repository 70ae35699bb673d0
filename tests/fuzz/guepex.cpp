// Guepex's documents and signatures: pages, single parcels, webhooks. Every element is counted,
// every event of a webhook stands for itself, and what is kept is JSON again.
#include "common/guepex/page.hpp"
#include "common/guepex/quota.hpp"
#include "common/guepex/signature.hpp"
#include "common/guepex/webhook.hpp"

#include "common/base/utf8.hpp"
#include "common/crypto/crypto.hpp"
#include "common/json/json_text.hpp"
#include "common/shipment/courier_time.hpp"
#include "common/shipment/french_text.hpp"
#include "tests/fuzz/target.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace suivi::fuzz {
namespace {

using namespace suivi::guepex;

void check_status(const shop_status& status) {
  require(!status.text.empty() && is_utf8(status.text), "a status is text");
  std::optional<shop_status> again = read_status(status.text);
  require(again && again->text == status.text && again->known == status.known, "a status reads as itself");
}

void check_parcel(const parcel& one, bool of_a_list) {
  require(!one.tracking.empty() && one.tracking.find('\0') == std::string::npos,
          "a tracking number is storable");
  require(one.status.has_value(), "a row that counts has a status");
  check_status(*one.status);
  require(of_a_list || one.metadata.empty(), "metadata comes from lists only");
  if (one.metadata.empty()) return;
  auto kept = parse_json(one.metadata);
  require(kept.has_value() && kept->is_object(), "metadata is a JSON object");
}

void check_page(std::string_view bytes) {
  auto read = read_page(bytes);
  if (!read) return;
  for (const parcel& row : read->rows) check_parcel(row, true);
  auto document = parse_json(bytes, half_surrogates::mend);
  std::size_t elements = document->get_object().at("data").get_array().size();
  require(read->rows.size() + read->unreadable == elements, "every element is counted");
  require(!read->total || *read->total >= 0, "a count is not negative");
  if (read->rows.empty()) return;
  auto one = read_one(bytes, read->rows.front().tracking);
  require(one.has_value(), "a page's first parcel is found in it");
  check_parcel(*one, false);
}

void check_webhook(std::string_view bytes) {
  delivery read = decode(bytes);
  require(read.why.empty() != read.events.empty(), "either events, or why there are none");
  for (const event& one : read.events) {
    require((one.kind == event_kind::not_understood) == !one.why.empty(), "what is not understood says why");
    if (one.kind == event_kind::state)
      require(one.tracking && one.status, "a state has a parcel and a status");
    if (one.kind == event_kind::link) require(one.tracking && !one.status, "a link has a parcel alone");
    if (one.status) check_status(*one.status);
    delivery again = decode(one.body);
    if (!again.why.empty()) continue; // nested too deep by one level
    require(again.events.size() == 1, "an event is a webhook of its own");
    require(again.events[0].kind == one.kind && again.events[0].event_id == one.event_id &&
                again.events[0].occurred_at == one.occurred_at && again.events[0].tracking == one.tracking,
            "and reads the same there");
  }
}

void check_signature(std::string_view bytes) {
  crypto::sha256_digest made = crypto::hmac_sha256("secret", bytes);
  std::string hex = crypto::hex({reinterpret_cast<const char*>(made.data()), made.size()});
  require(is_signed(bytes, hex, "secret") && is_signed(bytes, "sha256=" + hex, "secret"), "our own is good");
  require(!is_signed(bytes, hex, "other") && !is_signed(bytes, bytes, "secret"), "another one is not");
}

void check_words(std::string_view bytes) {
  std::string once = folded(bytes);
  require(is_utf8(once) && folded(once) == once, "folding twice is folding once");
  require(folded(in_capitals(bytes)) == once, "capitals fold to the same words");
  std::optional<instant> zoned = parse_instant(bytes), local = parse_courier_time(bytes);
  if (zoned && local) {
    auto apart = *zoned - *local;
    require(apart == microseconds(0) || apart == algiers_ahead, "a time is as it says, or Algiers'");
  }
}

void check_quota(std::string_view bytes) {
  quota left = read_quota([&](std::string_view) { return std::optional(bytes); });
  require(left.second.value_or(0) >= 0 && left.second == left.day, "what is left is never less than nothing");
}

} // namespace

void one_input(std::string_view bytes) {
  check_page(bytes);
  check_webhook(bytes);
  check_signature(bytes);
  check_words(bytes);
  check_quota(bytes);
  if (auto answer = challenge_answer(bytes)) {
    auto read = parse_json(*answer);
    require(read.has_value() && read->get_object().at("crc_token").get_string() == bytes,
            "the token comes back");
  }
}

} // namespace suivi::fuzz
