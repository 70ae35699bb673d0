// The names of private members. They are compared without case, `_` and `-`.
#include "receiver/api/redaction/private_names.hpp"

#include "receiver/api/redaction/contacts.hpp"
#include "receiver/api/redaction/known_words.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace suivi::receiver {
namespace {

constexpr std::array<std::string_view, 92> private_whole{"destinationtext",
                                                         "adresse",
                                                         "firstname",
                                                         "familyname",
                                                         "recipientname",
                                                         "client",
                                                         "label",
                                                         "labels",
                                                         "pin",
                                                         "notetodriver",
                                                         "clients",
                                                         "clientname",
                                                         "nomclient",
                                                         "nomduclient",
                                                         "nom",
                                                         "prenom",
                                                         "nomprenom",
                                                         "nometprenom",
                                                         "nomcomplet",
                                                         "fullname",
                                                         "lastname",
                                                         "surname",
                                                         "recipient",
                                                         "recipients",
                                                         "destinataire",
                                                         "consignee",
                                                         "buyer",
                                                         "receivername",
                                                         "consigneename",
                                                         "buyername",
                                                         "contact",
                                                         "contacts",
                                                         "contactname",
                                                         "tel",
                                                         "tel1",
                                                         "tel2",
                                                         "gsm",
                                                         "msisdn",
                                                         "whatsapp",
                                                         "mail",
                                                         "street",
                                                         "rue",
                                                         "receiver",
                                                         "receivers",
                                                         "destination",
                                                         "beneficiary",
                                                         "beneficiaire",
                                                         "acheteur",
                                                         "person",
                                                         "personne",
                                                         "contactperson",
                                                         "signature",
                                                         "signedby",
                                                         "birthday",
                                                         "birthdate",
                                                         "dateofbirth",
                                                         "datenaissance",
                                                         "nid",
                                                         "nin",
                                                         "cin",
                                                         "passport",
                                                         "pincode",
                                                         "otp",
                                                         "gps",
                                                         "latitude",
                                                         "longitude",
                                                         "lat",
                                                         "lng",
                                                         "lon",
                                                         "latlng",
                                                         "latlong",
                                                         "coordinates",
                                                         "coordonnees",
                                                         "geolocation",
                                                         "addr",
                                                         "adr",
                                                         "facebook",
                                                         "instagram",
                                                         "telegram",
                                                         "viber",
                                                         "messenger",
                                                         "tiktok",
                                                         "snapchat",
                                                         "iban",
                                                         "rib",
                                                         "ccp",
                                                         "dob",
                                                         "receivedby",
                                                         "recupar",
                                                         "remisa",
                                                         "nomdefamille",
                                                         "contactinfo"};
constexpr std::array<std::string_view, 4> private_within{"phone", "mobile", "address", "email"};
constexpr std::string_view private_beginning = "customer";

// What ends the names of members that identify a parcel or an order: there digits are no phone number.
constexpr std::array<std::string_view, 13> identity_endings{
    "id",    "ids",  "ref", "reference", "tracking", "trackingnumber", "ordernumber",
    "order", "code", "sku", "key",       "hash",     "parcelnumber"};
constexpr std::array<std::string_view, 17> figure_words{
    "total", "price",  "amount", "cost",     "prix",     "montant", "time",    "date",     "fee",
    "frais", "weight", "poids",  "quantity", "quantite", "count",   "attempt", "postponed"};

constexpr std::array<std::string_view, 9> event_labels{
    "event", "eventname", "eventtype", "type", "name", "triggertype", "triggername", "messageid", "eventid"};

// The words in the names that couriers gave their events begin so.
constexpr std::array<std::string_view, 46> event_words{
    "order",   "status", "deliver", "ship",     "parcel",   "hook",    "test",     "ping",
    "event",   "inven",  "move",    "field",    "updat",    "info",    "creat",    "chang",
    "cancel",  "return", "track",   "pay",      "alert",    "product", "exchange", "pickup",
    "refund",  "assign", "postpon", "confirm",  "reject",   "abort",   "attempt",  "fail",
    "succe",   "compl",  "stock",   "transfer", "dispatch", "pending", "ready",    "abandon",
    "process", "receiv", "collect", "package",  "delet",    "state"};

constexpr std::size_t name_bytes_max = 100;
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

// The letter beneath an accent, of the second byte behind 0xC3; 0 where there is none.
char without_accent(unsigned char second) {
  auto lower = static_cast<unsigned char>(second | 0x20); // Latin-1's capitals lie 0x20 below
  if (lower >= 0xa0 && lower <= 0xa5) return 'a';
  if (lower == 0xa7) return 'c';
  if (lower >= 0xa8 && lower <= 0xab) return 'e';
  if (lower >= 0xac && lower <= 0xaf) return 'i';
  if (lower >= 0xb2 && lower <= 0xb6) return 'o';
  if (lower >= 0xb9 && lower <= 0xbc) return 'u';
  return 0;
}

// Counts the letters of the words that no courier gave an event, and those of the words that one did.
// Words of up to three letters are neither.
bool is_mostly_of_events(std::string_view text) {
  std::size_t known = 0, unknown = 0;
  std::string word;
  auto count = [&] {
    bool of_event =
        std::ranges::any_of(event_words, [&](std::string_view stem) { return word.starts_with(stem); });
    if (of_event)
      known += word.size();
    else if (word.size() > 3)
      unknown += word.size();
    word.clear();
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    bool capital = c >= 'A' && c <= 'Z';
    bool after_small = at > 0 && text[at - 1] >= 'a' && text[at - 1] <= 'z';
    if (!is_letter(c) || (capital && after_small)) count();
    if (is_letter(c)) word += capital ? static_cast<char>(c - 'A' + 'a') : c;
  }
  count();
  return known > 0 && known >= unknown;
}

// Of `shipping_client`, `clientInfo` the words are compared one by one.
bool has_word_for_customer(std::string_view part) {
  constexpr std::array<std::string_view, 8> words{"client",    "clients",      "customers", "customer",
                                                  "recipient", "destinataire", "acheteur",  "consignee"};
  std::string word;
  for (std::size_t at = 0; at <= part.size(); ++at) {
    char c = at < part.size() ? part[at] : '_';
    bool capital = c >= 'A' && c <= 'Z';
    bool after_small = at > 0 && part[at - 1] >= 'a' && part[at - 1] <= 'z';
    if (!is_letter(c) || (capital && after_small)) {
      if (std::ranges::find(words, folded_name(word)) != words.end()) return true;
      word.clear();
    }
    if (is_letter(c)) word += c;
  }
  return false;
}

bool is_private_part(std::string_view part) {
  std::string plain = folded_name(part);
  if (has_word_for_customer(part) && !is_figure_name(part)) return true; // not `clients_count`
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

std::string folded_name(std::string_view name) {
  std::string plain;
  for (std::size_t at = 0; at < name.size(); ++at) {
    char c = name[at];
    if (c == '_' || c == '-' || c == ' ') continue;
    bool accented = static_cast<unsigned char>(c) == 0xc3 && at + 1 < name.size();
    char letter = accented ? without_accent(static_cast<unsigned char>(name[at + 1])) : '\0';
    if (letter != 0) {
      plain += letter;
      ++at;
      continue;
    }
    plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return plain;
}

bool is_private_name(std::string_view name) {
  constexpr std::string_view dividers = ".[]/:";
  while (!name.empty()) {
    std::size_t end = std::min(name.find_first_of(dividers), name.size());
    if (is_private_part(name.substr(0, end))) return true;
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return false;
}

bool is_plain_name(std::string_view name) {
  constexpr std::string_view marks = "_-.:[]/$#?";
  constexpr std::size_t digits_max = 8;
  if (name.size() > name_bytes_max) return false;
  std::size_t digits = 0;
  for (char c : name) {
    if (!is_letter(c) && !is_digit(c) && marks.find(c) == std::string_view::npos) return false;
    digits = is_digit(c) ? digits + 1 : 0;
    if (digits > digits_max) return false;
  }
  return is_private_name(name) || is_mostly_known(name);
}

bool holds_name_of_member(std::string_view name) {
  constexpr std::array<std::string_view, 7> names{"key",       "name",   "field",   "fieldname",
                                                  "attribute", "column", "property"};
  return std::ranges::find(names, folded_name(name)) != names.end();
}

bool holds_value_of_member(std::string_view name) {
  constexpr std::array<std::string_view, 11> names{"value", "val",      "values",   "old",    "new",  "from",
                                                   "to",    "oldvalue", "newvalue", "before", "after"};
  return std::ranges::find(names, folded_name(name)) != names.end();
}

bool is_identity_name(std::string_view name) {
  std::string plain = folded_name(name);
  return plain.find("displayid") != std::string::npos ||
         std::ranges::any_of(identity_endings, [&](std::string_view end) { return plain.ends_with(end); });
}

bool is_figure_name(std::string_view name) {
  std::string plain = folded_name(name);
  return is_identity_name(name) || std::ranges::any_of(figure_words, [&](std::string_view word) {
           return plain.find(word) != std::string::npos;
         });
}

bool is_label_of_event(std::string_view name) {
  return std::ranges::find(event_labels, folded_name(name)) != event_labels.end();
}

bool is_like_event_type(std::string_view text) {
  if (text.empty() || text.size() > event_type_bytes_max) return false;
  bool plain = std::ranges::all_of(text, [](char c) { return is_name_byte(c) || c == '.' || c == ':'; });
  if (!plain) return false;
  if (std::ranges::count_if(text, is_letter) <= 2) return std::ranges::count_if(text, is_digit) < 8;
  return folded_name(text) == "all" || is_mostly_of_events(text);
}

bool is_identifier(std::string_view text) {
  if (text.empty() || text.size() > event_type_bytes_max || !is_letter(text.front())) return false;
  bool plain = std::ranges::all_of(
      text, [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '-'; });
  return plain && std::ranges::count_if(text, is_digit) < 8;
}

bool is_like_message_id(std::string_view text) {
  constexpr std::string_view marks = "_-.:+/=";
  if (text.empty() || text.size() > message_id_bytes_max) return false;
  bool plain = std::ranges::all_of(
      text, [&](char c) { return is_letter(c) || is_digit(c) || marks.find(c) != std::string_view::npos; });
  std::ptrdiff_t digits = std::ranges::count_if(text, is_digit);
  if (!plain || digits == 0 || is_mostly_names(text)) return false;        // `Amina-Benali-1`
  if (without_contacts(text) != text && may_hold_name(text)) return false; // `Amina-0550112233`
  std::string lower = folded_name(text);
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
