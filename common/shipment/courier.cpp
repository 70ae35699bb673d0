// Finds a courier's row in the table of names, by its value or by a slug.
#include "common/shipment/courier.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace suivi {
namespace {

const courier_names* row_of(courier_kind which) {
  auto found = std::ranges::find(courier_table, which, &courier_names::which);
  return found == courier_table.end() ? nullptr : &*found;
}

} // namespace

std::string_view slug(courier_kind which) {
  const courier_names* row = row_of(which);
  return row != nullptr ? row->slug : "unknown";
}

std::string_view display_name(courier_kind which) {
  const courier_names* row = row_of(which);
  return row != nullptr ? row->display_name : "unknown";
}

std::string_view event_source(courier_kind which) {
  const courier_names* row = row_of(which);
  return row != nullptr ? row->event_source : std::string_view();
}

bool webhooks_tell_changes(courier_kind which) {
  const courier_names* row = row_of(which);
  return row != nullptr && row->webhooks_tell_changes;
}

std::string_view event_type_prefix(courier_kind which) {
  const courier_names* row = row_of(which);
  return row != nullptr ? row->event_type_prefix : std::string_view();
}

std::span<const std::string_view> accepted_slugs() {
  static const std::vector<std::string_view> accepted = [] {
    std::vector<std::string_view> slugs;
    for (const courier_names& row : courier_table) slugs.push_back(row.slug);
    for (const courier_names& row : courier_table)
      if (!row.other_slug.empty()) slugs.push_back(row.other_slug);
    return slugs;
  }();
  return accepted;
}

std::optional<courier_kind> courier_of_slug(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (lower.empty()) return std::nullopt;
  for (const courier_names& row : courier_table)
    if (row.slug == lower || row.other_slug == lower) return row.which;
  return std::nullopt;
}

} // namespace suivi
