// Finds phone numbers and e-mail addresses in a text, one pass for each.
#include "receiver/api/redaction/contacts.hpp"

#include <algorithm>
#include <vector>

namespace suivi::receiver {
namespace {

constexpr std::string_view masked = "***";
constexpr std::size_t mobile_digits = 9; // without the 0 before them
constexpr std::size_t fixed_digits = 8;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_word_byte(char c) {
  auto byte = static_cast<unsigned char>(c);
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || byte >= 0x80;
}

bool is_address_byte(char c) {
  return is_word_byte(c) || c == '.' || c == '-' || c == '+' || c == '%';
}

bool is_subscriber(std::string_view digits) {
  if (digits.empty()) return false;
  char first = digits.front();
  return first >= '5' ? first <= '7' && digits.size() == mobile_digits
                      : first >= '2' && digits.size() == fixed_digits;
}

bool is_phone(std::string_view digits) {
  for (std::string_view before : {"00213", "213", "0"})
    if (digits.starts_with(before) && is_subscriber(digits.substr(before.size()))) return true;
  return false;
}

// Digits in groups with one mark between two of them.
struct run {
  std::size_t end = 0;
  std::string digits;
  std::vector<std::size_t> groups; // the digits of each
};

run run_at(std::string_view text, std::size_t begin) {
  run found;
  found.groups.push_back(0);
  std::size_t at = begin;
  while (at < text.size()) {
    bool divided = !is_digit(text[at]);
    if (divided && (std::string_view(" .-/").find(text[at]) == std::string_view::npos ||
                    at + 1 >= text.size() || !is_digit(text[at + 1])))
      break;
    if (divided) {
      found.groups.push_back(0);
    } else {
      found.digits += text[at];
      ++found.groups.back();
    }
    ++at;
  }
  found.end = at;
  return found;
}

// 31-01-2026, perhaps with an hour behind it.
bool is_date(const run& of) {
  return of.groups.size() >= 3 && of.groups[0] <= 2 && of.groups[1] == 2 && of.groups[2] == 4;
}

std::string without_phones(std::string_view text) {
  std::string redacted;
  for (std::size_t at = 0; at < text.size();) {
    bool begins = is_digit(text[at]) && (at == 0 || !is_word_byte(text[at - 1]));
    if (!begins) {
      redacted += text[at++];
      continue;
    }
    run found = run_at(text, at);
    bool ends = found.end == text.size() || !is_word_byte(text[found.end]);
    bool hidden = ends && is_phone(found.digits) && !is_date(found);
    if (hidden && redacted.ends_with('+')) redacted.pop_back();
    redacted += hidden ? masked : text.substr(at, found.end - at);
    at = found.end;
  }
  return redacted;
}

} // namespace

std::string without_addresses(std::string_view text) {
  std::string redacted;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t mark = text.find('@', at);
    if (mark == std::string_view::npos) break;
    std::size_t begin = mark;
    while (begin > at && is_address_byte(text[begin - 1])) --begin;
    std::size_t end = mark + 1;
    while (end < text.size() && is_address_byte(text[end])) ++end;
    std::string_view host = text.substr(mark + 1, end - mark - 1);
    bool address = begin < mark && host.find('.') != std::string_view::npos;
    if (!address) end = mark + 1;
    redacted += text.substr(at, begin - at);
    redacted += address ? masked : text.substr(begin, end - begin);
    at = end;
    if (at >= text.size()) return redacted;
    text.remove_prefix(at);
    at = 0;
  }
  redacted += text;
  return redacted;
}

std::string without_contacts(std::string_view text) {
  return without_phones(without_addresses(text));
}

bool is_like_phone_number(std::int64_t number) {
  if (number <= 0) return false;
  std::string digits = std::to_string(number);
  bool mobile = digits.front() >= '5' && digits.front() <= '7' && digits.size() == mobile_digits;
  return mobile || (digits.starts_with("213") && is_phone(digits));
}

} // namespace suivi::receiver
