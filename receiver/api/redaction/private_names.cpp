// Names are compared without case, `_` and `-`.
#include "receiver/api/redaction/private_names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace suivi::receiver {
namespace {

constexpr std::array<std::string_view, 10> private_whole{
    "destinationtext", "adresse", "firstname", "familyname", "recipientname",
    "client",          "label",   "labels",    "pin",        "notetodriver"};
constexpr std::array<std::string_view, 3> private_within{"phone", "mobile", "address"};
constexpr std::string_view private_beginning = "customer";

constexpr std::array<std::string_view, 9> event_labels{
    "event", "eventname", "eventtype", "type", "name", "triggertype", "triggername", "messageid", "eventid"};

// One of these is in every name that a courier gave an event.
constexpr std::array<std::string_view, 26> event_words{
    "order", "status", "deliver", "ship",    "parcel",   "hook",   "test",   "ping",   "event",
    "inven", "move",   "field",   "updat",   "info",     "creat",  "chang",  "cancel", "return",
    "track", "pay",    "alert",   "product", "exchange", "pickup", "refund", "assign"};

constexpr std::size_t event_type_bytes_max = 64;
constexpr std::size_t message_id_bytes_max = 128;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_name_byte(char c) {
  return is_letter(c) || is_digit(c) || c == '_' || c == '-';
}

std::string folded(std::string_view name) {
  std::string plain;
  for (char c : name) {
    if (c == '_' || c == '-' || c == ' ') continue;
    plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return plain;
}

bool is_private_part(std::string_view part) {
  std::string plain = folded(part);
  if (std::ranges::find(private_whole, plain) != private_whole.end()) return true;
  return plain.starts_with(private_beginning) ||
         std::ranges::any_of(private_within,
                             [&](std::string_view word) { return plain.find(word) != std::string::npos; });
}

// `\u0063` is a letter of a name as `c` is.
std::string without_escapes(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    bool escape = text[at] == '\\' && text.substr(at + 1, 3) == "u00" && at + 6 <= text.size();
    if (!escape) {
      plain += text[at];
      continue;
    }
    std::string digits(text.substr(at + 4, 2));
    bool hex = std::ranges::all_of(digits, [](unsigned char c) { return std::isxdigit(c) != 0; });
    plain += hex ? static_cast<char>(std::stoi(digits, nullptr, 16)) : '?';
    at += 5;
  }
  return plain;
}

} // namespace

bool is_private_name(std::string_view name) {
  constexpr std::string_view dividers = ".[]/:";
  while (!name.empty()) {
    std::size_t end = std::min(name.find_first_of(dividers), name.size());
    if (is_private_part(name.substr(0, end))) return true;
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return false;
}

bool is_label_of_event(std::string_view name) {
  return std::ranges::find(event_labels, folded(name)) != event_labels.end();
}

bool is_like_event_type(std::string_view text) {
  if (text.empty() || text.size() > event_type_bytes_max) return false;
  bool plain = std::ranges::all_of(text, [](char c) { return is_name_byte(c) || c == '.' || c == ':'; });
  if (!plain) return false;
  if (std::ranges::count_if(text, is_letter) <= 2) return std::ranges::count_if(text, is_digit) < 8;
  std::string lower = folded(text);
  if (lower == "all") return true;
  return std::ranges::any_of(event_words,
                             [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

bool is_like_message_id(std::string_view text) {
  constexpr std::string_view marks = "_-.:+/=";
  if (text.empty() || text.size() > message_id_bytes_max) return false;
  bool plain = std::ranges::all_of(
      text, [&](char c) { return is_letter(c) || is_digit(c) || marks.find(c) != std::string_view::npos; });
  std::ptrdiff_t digits = std::ranges::count_if(text, is_digit);
  if (!plain || digits == 0) return false;
  std::string lower = folded(text);
  std::string_view number = lower;
  if (number.starts_with('+')) return false;
  bool national = number.size() >= 9 && number.size() <= 10 && number.starts_with('0');
  bool international = number.starts_with("213") && number.size() == 12;
  bool only_digits = std::ranges::all_of(number, is_digit);
  return !only_digits || (!national && !international);
}

bool names_private_value(std::string_view text) {
  std::string plain = without_escapes(text);
  bool is_table = plain.find('\n') != std::string::npos;
  std::string_view all = plain;
  for (std::size_t at = 0; at < all.size();) {
    std::size_t end = at;
    while (end < all.size() && is_name_byte(all[end])) ++end;
    if (end > at && is_private_name(all.substr(at, end - at))) {
      std::size_t mark = std::min(all.find_first_not_of("\\\"'] \t\r", end), all.size());
      std::string_view behind = all.substr(mark, 1);
      if (behind == ":" || behind == "=" || behind == ">") return true;
      bool divided =
          end == all.size() || std::string_view(",;|\t\r\n\"").find(all[end]) != std::string_view::npos;
      if (is_table && divided) return true;
    }
    at = std::max(end, at + 1);
  }
  return false;
}

} // namespace suivi::receiver
