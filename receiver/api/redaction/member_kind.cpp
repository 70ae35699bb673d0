// Lists of names, compared without case, `_`, `-` and accents, and a rule for the values of each kind.
#include "receiver/api/redaction/member_kind.hpp"

#include "receiver/api/redaction/contacts.hpp"
#include "receiver/api/redaction/known_words.hpp"
#include "receiver/api/redaction/private_names.hpp"
#include "receiver/api/redaction/wilayas.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace suivi::receiver {
namespace {

constexpr std::array<std::string_view, 17> text_names{
    "status",         "statut",        "state",       "etat",       "situation",  "reason",
    "alertreason",    "abortreason",   "statuslabel", "statusname", "statustext", "statusdisplay",
    "shippingstatus", "paymentstatus", "product",     "produit",    "productname"};
constexpr std::array<std::string_view, 6> text_endings{"commune",     "communename", "centername",
                                                       "stationname", "laststatus",  "newstatus"};
constexpr std::array<std::string_view, 2> wilaya_endings{"wilaya", "wilayaname"};
constexpr std::array<std::string_view, 18> word_names{
    "source",    "currency", "deliverytype", "parceltype", "paymentmethod", "paymenttype",
    "direction", "provider", "courier",      "carrier",    "country",       "language",
    "locale",    "version",  "channel",      "kind",       "express",       "subscription"};

constexpr std::array<std::string_view, 6> body_names{"payload", "data", "message", "body", "raw", "content"};

constexpr std::array<std::string_view, 32> remark_names{
    "note",          "notes",        "comment",  "comments",  "commentaire", "commentaires",
    "remark",        "remarks",      "remarque", "remarques", "observation", "observations",
    "description",   "title",        "subject",  "text",      "to",          "deliverto",
    "livrera",       "owner",        "user",     "driver",    "livreur",     "agent",
    "instruction",   "instructions", "memo",     "by",        "who",         "causer",
    "recipientinfo", "receiverinfo"};
constexpr std::array<std::string_view, 9> remark_endings{
    "name", "nom", "note", "notes", "comment", "comments", "remarque", "remark", "instructions"};

constexpr std::size_t identity_bytes_max = 128;
constexpr std::size_t word_bytes_max = 128;
constexpr std::size_t figure_bytes_max = 40;
constexpr std::int64_t small_number_max = 9'999'999; // a phone number has more digits
constexpr double largest_phone = 1e15;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Of `order[client].status` that is `status`.
std::string_view last_part(std::string_view name) {
  constexpr std::string_view dividers = ".[]/:";
  while (!name.empty() && dividers.find(name.back()) != std::string_view::npos) name.remove_suffix(1);
  std::size_t divided = name.find_last_of(dividers);
  return divided == std::string_view::npos ? name : name.substr(divided + 1);
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    bool divides = at == 8 || at == 13 || at == 18 || at == 23;
    if (divides ? text[at] != '-' : !is_hex_digit(text[at])) return false;
  }
  return true;
}

// A number, a day, an hour.
bool is_figure(std::string_view text) {
  constexpr std::string_view marks = " :.,-/+TZ";
  return text.size() <= figure_bytes_max && std::ranges::any_of(text, is_digit) &&
         std::ranges::all_of(text,
                             [&](char c) { return is_digit(c) || marks.find(c) != std::string_view::npos; });
}

// 2026-01-31 and what follows it.
bool is_date(std::string_view text) {
  return is_figure(text) && text.size() >= 10 && text[4] == '-' && text[7] == '-' &&
         std::ranges::count_if(text.substr(0, 10), is_digit) == 8;
}

bool is_small_number(std::string_view text) {
  constexpr std::size_t digits_max = 7;
  return text.size() <= digits_max && std::ranges::all_of(text, is_digit);
}

// One word, or words of which at most one has no digit: `Commande 12`, but no `Karim Benali`.
bool is_like_identity(std::string_view text) {
  if (text.size() > identity_bytes_max) return false;
  std::size_t numbered = 0, plain = 0;
  for (std::size_t at = 0; at < text.size();) {
    while (at < text.size() && is_blank(text[at])) ++at;
    std::size_t end = at;
    while (end < text.size() && !is_blank(text[end])) ++end;
    if (end > at) ++(std::ranges::any_of(text.substr(at, end - at), is_digit) ? numbered : plain);
    at = end;
  }
  return plain <= 1;
}

bool is_word(std::string_view text) {
  return text.size() <= word_bytes_max && std::ranges::none_of(text, is_blank);
}

} // namespace

member_kind kind_of_member(std::string_view name) {
  std::string_view part = last_part(name);
  std::string plain = folded_name(part);
  if (plain.empty() || std::ranges::find(body_names, plain) != body_names.end()) return member_kind::body;
  auto ends_it = [&](std::string_view ending) { return plain.ends_with(ending); };
  if (std::ranges::find(text_names, plain) != text_names.end() || std::ranges::any_of(text_endings, ends_it))
    return member_kind::text;
  if (std::ranges::any_of(wilaya_endings, ends_it)) return member_kind::wilaya;
  if (std::ranges::find(word_names, plain) != word_names.end()) return member_kind::word;
  if (is_identity_name(part)) return member_kind::identity;
  if (is_label_of_event(part)) return member_kind::label;
  bool is_time = part.ends_with("_at") || part.ends_with("-at") || part.ends_with("At");
  if (is_time || is_figure_name(part)) return member_kind::figure;
  bool is_remark = std::ranges::find(remark_names, plain) != remark_names.end() ||
                   std::ranges::any_of(remark_endings, ends_it);
  return is_remark ? member_kind::remark : member_kind::unlisted;
}

bool is_reason_name(std::string_view name) {
  return folded_name(last_part(name)).ends_with("reason");
}

std::string_view governing_name(std::string_view within, std::string_view name) {
  bool is_part =
      kind_of_member(within) == member_kind::remark && kind_of_member(name) == member_kind::unlisted;
  return is_part ? within : name;
}

bool may_be_shown(member_kind kind, std::string_view text) {
  if (text.empty() || is_small_number(text) || is_date(text) || is_uuid(text)) return true;
  switch (kind) {
  case member_kind::body:
  case member_kind::remark:
    return false;
  case member_kind::unlisted:
    return is_like_identity(text) && !may_hold_name(text);
  case member_kind::identity:
  case member_kind::label:
    return is_like_identity(text) && (std::ranges::any_of(text, is_digit) || !may_hold_name(text));
  case member_kind::figure:
    return is_figure(text);
  case member_kind::word:
    return is_word(text);
  case member_kind::wilaya:
    return is_wilaya(text);
  case member_kind::text:
    return true;
  }
  return false;
}

bool may_be_shown(member_kind kind, const boost::json::value& literal) {
  if (!literal.is_number()) return true;
  if (kind == member_kind::identity || kind == member_kind::figure) return true;
  const std::int64_t* number = literal.if_int64();
  if (kind == member_kind::body || kind == member_kind::remark)
    return number != nullptr && *number >= -small_number_max && *number <= small_number_max;
  if (const double* fraction = literal.if_double()) // 550112233.0
    return std::abs(*fraction) > largest_phone || !is_like_phone_number(std::llround(*fraction));
  return number == nullptr || !is_like_phone_number(*number);
}

} // namespace suivi::receiver
