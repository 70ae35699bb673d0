// Laravel names a list's elements by their place (`trackings.3`); a message may name the number itself.
#include "common/nord_west/refusal.hpp"

#include "common/json/json_fields.hpp"
#include "common/json/json_text.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <charconv>

namespace suivi::nord_west {
namespace {

namespace json = boost::json;

constexpr std::string_view list_name = "trackings";

bool is_of_list(std::string_view field) {
  return field == list_name || field.starts_with("trackings.");
}

bool is_part_of_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

std::string lower(std::string_view text) {
  std::string made(text);
  std::ranges::transform(made, made.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return made;
}

// As a word of its own: ECS1 is not in ECS17.
bool names(std::string_view lower_text, std::string_view number) {
  const std::string word = lower(without_blanks(number));
  if (word.empty()) return false;
  for (std::size_t at = lower_text.find(word); at != std::string_view::npos;
       at = lower_text.find(word, at + 1)) {
    std::size_t end = at + word.size();
    bool begins = at == 0 || !is_part_of_word(lower_text[at - 1]);
    if (begins && (end == lower_text.size() || !is_part_of_word(lower_text[end]))) return true;
  }
  return false;
}

void add_by_place(std::string_view field, std::span<const std::string> requested,
                  std::vector<std::string>& numbers) {
  if (field.size() <= list_name.size() + 1) return;
  std::string_view place = field.substr(list_name.size() + 1);
  std::size_t index = requested.size();
  std::from_chars(place.data(), place.data() + place.size(), index);
  if (index < requested.size()) numbers.push_back(requested[index]);
}

} // namespace

refusal read_refusal(std::string_view body, std::span<const std::string> requested) {
  refusal read;
  result<json::value> document = parse_json(body, half_surrogates::mend);
  const json::object* root = document ? document->if_object() : nullptr;
  const json::value* errors = root == nullptr ? nullptr : root->if_contains("errors");
  const json::object* fields = errors == nullptr ? nullptr : errors->if_object();
  if (fields != nullptr)
    for (const json::key_value_pair& field : *fields) {
      std::string_view name(field.key().data(), field.key().size());
      read.of_key =
          read.of_key || (!is_of_list(name) && std::ranges::find(requested, name) == requested.end());
      add_by_place(name, requested, read.numbers);
    }
  if (read.of_key) {
    read.numbers.clear();
    return read;
  }
  const std::string text = lower(body);
  for (const std::string& number : requested)
    if (std::ranges::find(read.numbers, number) == read.numbers.end() && names(text, number))
      read.numbers.push_back(number);
  if (!read.numbers.empty() || fields != nullptr) return read;
  read.of_key = names(text, "api_token") || names(text, "user_guid");
  return read;
}

} // namespace suivi::nord_west
