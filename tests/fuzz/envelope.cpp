// A webhook's bytes: decode() never throws, keeps its promises for any input, and reads an event the same
// whether it comes plain or wrapped up to three times by a slow encoder of our own.
#include "common/maystro/envelope.hpp"

#include "common/base/utf8.hpp"
#include "common/json/json_text.hpp"
#include "common/maystro/json_fields.hpp"
#include "tests/fuzz/target.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace suivi::fuzz {
namespace {

using namespace suivi::maystro;

// Bit by bit, as the RFC draws it.
std::string slow_base64(std::string_view bytes, bool url_safe, bool padded) {
  std::string_view alphabet = url_safe ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                                       : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bits;
  for (char c : bytes)
    for (int bit = 7; bit >= 0; --bit) bits += (static_cast<unsigned char>(c) >> bit) & 1 ? '1' : '0';
  while (bits.size() % 6 != 0) bits += '0';
  std::string text;
  for (std::size_t at = 0; at < bits.size(); at += 6)
    text += alphabet[std::stoul(bits.substr(at, 6), nullptr, 2)];
  while (padded && text.size() % 4 != 0) text += '=';
  return text;
}

// Every control character and now and then a letter as \uXXXX.
std::string slow_json_string(std::string_view text, choices& any) {
  std::string out = "\"";
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    bool escaped = byte < 0x20 || c == '"' || c == '\\' || (byte < 0x80 && any.upto(15) == 0);
    if (escaped)
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(byte));
    else
      out += c;
  }
  return out + '"';
}

std::string broken_into_lines(std::string text, choices& any) {
  std::size_t width = 1 + any.upto(75);
  for (std::size_t at = width; at < text.size(); at += width + 2) text.insert(at, "\r\n");
  return text;
}

std::string wrapped(std::string_view event, std::size_t times, choices& any) {
  std::string text(event);
  for (; times > 0; --times) {
    switch (any.upto(4)) {
    case 0:
      text = slow_json_string(text, any);
      break;
    case 1:
      text = slow_base64(text, false, true);
      break;
    case 2:
      text = slow_base64(text, true, false);
      break;
    case 3:
      text = broken_into_lines(slow_base64(text, any.upto(1) == 0, true), any);
      break;
    default:
      text = "\xEF\xBB\xBF \n" + slow_json_string(text, any) + "\r\n";
      break;
    }
  }
  return text;
}

bool same(const event& a, const event& b) {
  return a.kind == b.kind && a.why == b.why && a.name == b.name && a.shipment == b.shipment &&
         a.message_id == b.message_id && a.published_at == b.published_at && a.body == b.body;
}

bool storable(const std::optional<std::string>& text) {
  return !text || (is_utf8(*text) && text->find('\0') == std::string::npos);
}

void check_promises(const event& e) {
  require(e.kind != event_kind::order || (e.shipment.has_identity() && e.shipment.status),
          "an order has identity and status");
  require(!e.shipment.status || (e.shipment.status->number() >= 0 && e.shipment.status->number() <= 9999),
          "a status of 0 to 9999");
  require((e.kind == event_kind::not_understood) == !e.why.empty(), "a reason where nothing was understood");
  for (const auto* id : {&e.shipment.uuid, &e.shipment.display_id, &e.shipment.tracking,
                         &e.shipment.reference, &e.message_id}) {
    require(storable(*id), "ids are storable text");
    require(!*id || ((*id)->size() <= id_bytes_max && !(*id)->empty()), "ids are neither empty nor too long");
  }
  require(storable(e.name) && storable(e.why), "name and reason are storable text");
  require(storable(e.shipment.alert_reason.value) && storable(e.shipment.abort_reason.value),
          "reasons are storable text");
  if (!e.body) return;
  auto again = parse_json(boost::json::serialize(*e.body));
  require(again.has_value() && *again == *e.body, "the body can be written and read back");
}

} // namespace

void one_input(std::string_view bytes) {
  event plain = decode(bytes);
  check_promises(plain);

  auto document = parse_json(bytes);
  if (!document || !document->is_object()) return;
  choices any(bytes);
  for (std::size_t times = 0; times <= 3; ++times)
    require(same(decode(wrapped(bytes, times, any)), plain), "the same event, wrapped up to three times");
  require(decode(wrapped(bytes, 4, any)).kind == event_kind::not_understood, "four wrappings are too many");

  for (std::string_view frame :
       {R"({"message":{"messageId":"m","data":)", R"({"event":"E","payload":)", R"({"data":)"}) {
    std::string closing = frame.find("message\"") != std::string_view::npos ? "}}" : "}";
    auto framed = [&](std::size_t times) {
      return decode(std::string(frame) + slow_json_string(wrapped(bytes, times, any), any) + closing);
    };
    event once = framed(0);
    check_promises(once);
    require(same(framed(1 + any.upto(2)), once), "the same event in an envelope, wrapped up to three times");
  }
}

} // namespace suivi::fuzz
