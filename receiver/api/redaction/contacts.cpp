// Finds phone numbers and e-mail addresses in a text, one pass for each.
#include "receiver/api/redaction/contacts.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>
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

bool is_mobile(std::string_view digits) {
  return digits.size() == mobile_digits && digits.front() >= '5' && digits.front() <= '7';
}

bool is_subscriber(std::string_view digits) {
  bool fixed = digits.size() == fixed_digits && digits.front() >= '2' && digits.front() <= '4';
  return fixed || is_mobile(digits);
}

// With the country before it also where the 0 stays: `+213 (0) 550 11 22 33`.
bool is_phone(std::string_view digits) {
  for (std::string_view before : {"002130", "00213", "2130", "213", "0"})
    if (digits.starts_with(before) && is_subscriber(digits.substr(before.size()))) return true;
  return false;
}

// Of another country: 8 to 15 digits behind a `+`, or behind 00.
bool is_foreign_phone(std::string_view digits, bool behind_plus) {
  if (behind_plus) return digits.size() >= 8 && digits.size() <= 15;
  return digits.starts_with("00") && digits.size() >= 12 && digits.size() <= 15 && digits[2] != '0';
}

struct digit {
  char value = 0;
  std::size_t bytes = 0; // 0: there is none
};

// Western, also of full width, or Arabic.
digit digit_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) return {};
  if (is_digit(text[at])) return {text[at], 1};
  if (text.substr(at).starts_with("\xef\xbc") && at + 2 < text.size()) {
    auto third = static_cast<unsigned char>(text[at + 2]);
    return third >= 0x90 && third <= 0x99 ? digit{static_cast<char>('0' + (third - 0x90)), 3} : digit{};
  }
  if (at + 1 >= text.size()) return {};
  auto lead = static_cast<unsigned char>(text[at]), second = static_cast<unsigned char>(text[at + 1]);
  unsigned zero = lead == 0xd9 ? 0xa0 : lead == 0xdb ? 0xb0 : 0x100;
  if (second < zero || second > zero + 9) return {};
  return {static_cast<char>('0' + (second - zero)), 2};
}

// The bytes of the marks between two groups of digits, three at most; 0 where anything else stands there.
std::size_t division_at(std::string_view text, std::size_t at) {
  constexpr std::array<std::string_view, 17> marks{" ",      ".",      "-",      "/",      "(",      ")",
                                                   "_",      "\u00a0", "\u200b", "\u200e", "\u2010", "\u2011",
                                                   "\u2013", "\u202a", "\u202c", "\u202f", "\t"};
  constexpr int marks_max = 3;
  std::size_t begin = at;
  for (int count = 0; count < marks_max; ++count) {
    auto mark =
        std::ranges::find_if(marks, [&](std::string_view m) { return text.substr(at).starts_with(m); });
    if (mark == marks.end()) break;
    at += mark->size();
  }
  return digit_at(text, at).bytes > 0 ? at - begin : 0;
}

struct group {
  std::size_t begin = 0, end = 0; // in the text
  std::string digits;
};

// Digits in groups with marks between them.
std::vector<group> groups_at(std::string_view text, std::size_t begin) {
  std::vector<group> groups;
  std::size_t at = begin;
  for (;;) {
    group next{at, at, {}};
    for (digit d = digit_at(text, at); d.bytes > 0; d = digit_at(text, at)) {
      next.digits += d.value;
      at += d.bytes;
    }
    next.end = at;
    groups.push_back(std::move(next));
    std::size_t division = division_at(text, at);
    if (division == 0) return groups;
    at += division;
  }
}

using groups_view = std::span<const group>;

bool are_digits(groups_view of, std::initializer_list<std::size_t> counts) {
  return of.size() >= counts.size() &&
         std::equal(counts.begin(), counts.end(), of.begin(),
                    [](std::size_t count, const group& each) { return each.digits.size() == count; });
}

bool is_year(const group& of) {
  return of.digits.starts_with("19") || of.digits.starts_with("20");
}

// How many of the groups are a day: 31-01-2026 with what follows, or 2026-01-31.
std::size_t groups_of_date(groups_view of) {
  bool ends_with_year = are_digits(of, {2, 2, 4}) || are_digits(of, {1, 2, 4});
  if (ends_with_year && is_year(of[2]) && of[1].digits <= "12") return 3;
  return are_digits(of, {4, 2, 2}) && is_year(of[0]) && of[1].digits <= "12" ? 3 : 0;
}

// Of 12:00:03.1234567 the seconds and their parts.
std::size_t groups_of_seconds(std::string_view text, groups_view of) {
  std::size_t begin = of.front().begin;
  bool behind_minutes = begin >= 2 && text[begin - 1] == ':' && is_digit(text[begin - 2]);
  bool divided = of.size() >= 2 && text.substr(of[0].end, of[1].begin - of[0].end) == ".";
  return behind_minutes && divided && of[0].digits.size() == 2 ? 2 : 0;
}

// How many of the groups are one phone number, 0 where it begins with none.
std::size_t groups_of_phone(groups_view of, bool behind_plus) {
  std::string digits;
  std::size_t count = is_mobile(of.front().digits) ? 1 : 0;
  for (std::size_t n = 0; n < of.size() && digits.size() <= 15; ++n) {
    digits += of[n].digits;
    if (is_phone(digits) || is_foreign_phone(digits, behind_plus)) count = n + 1;
    if (is_phone(digits)) break; // what follows is another one
  }
  return count;
}

// What stands there as it is, but for the phone numbers among the groups.
std::string without_phones_in(std::string_view text, groups_view groups, bool behind_plus, bool ends) {
  std::string redacted;
  std::size_t at = groups.front().begin;
  while (!groups.empty()) {
    std::size_t taken = std::max(groups_of_date(groups), groups_of_seconds(text, groups));
    bool hidden = taken == 0;
    if (hidden) taken = groups_of_phone(groups, behind_plus);
    if (taken == groups.size() && !ends) taken = 0; // a part of a word
    hidden = hidden && taken > 0;
    taken = std::max<std::size_t>(taken, 1);
    redacted += text.substr(at, groups.front().begin - at);
    at = groups[taken - 1].end;
    redacted += hidden ? masked : text.substr(groups.front().begin, at - groups.front().begin);
    groups = groups.subspan(taken);
    behind_plus = false;
  }
  return redacted;
}

// Any letter that is not Latin may stand beside a number.
bool is_part_of_word(std::string_view text, std::size_t at) {
  return at < text.size() && static_cast<unsigned char>(text[at]) < 0x80 && is_word_byte(text[at]);
}

std::string without_phones(std::string_view text) {
  std::string redacted;
  for (std::size_t at = 0; at < text.size();) {
    bool begins = digit_at(text, at).bytes > 0 && (at == 0 || !is_part_of_word(text, at - 1));
    if (!begins) {
      redacted += text[at++];
      continue;
    }
    std::vector<group> groups = groups_at(text, at);
    std::size_t end = groups.back().end;
    bool behind_plus = redacted.ends_with('+');
    std::string redacted_part = without_phones_in(text, groups, behind_plus, !is_part_of_word(text, end));
    if (behind_plus && redacted_part.starts_with(masked)) redacted.pop_back();
    redacted += redacted_part;
    at = end;
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
  std::string digits = std::to_string(number);
  if (digits.starts_with('-')) digits.erase(0, 1); // somebody's mistake, or a dash before it
  return is_mobile(digits) || (digits.starts_with("213") && is_phone(digits));
}

} // namespace suivi::receiver
