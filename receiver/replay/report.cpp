// One table of the counts serves the adding, the JSON and the text.
#include "receiver/replay/report.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <fmt/format.h>
#include <utility>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

using count = std::uint64_t replay_counts::*;

constexpr std::array<std::pair<std::string_view, count>, 9> outcome_counts{{
    {"applied", &replay_counts::applied},
    {"unchanged", &replay_counts::unchanged},
    {"stale", &replay_counts::stale},
    {"parked", &replay_counts::parked},
    {"conflict", &replay_counts::conflict},
    {"quarantined", &replay_counts::quarantined},
    {"failed", &replay_counts::failed},
    {"confirming", &replay_counts::confirming},
    {"ignored", &replay_counts::ignored},
}};

json::value text_or_null(const std::optional<std::string>& text) {
  if (!text) return nullptr;
  return json::value(*text);
}

std::string display_text(const std::optional<std::string>& text) {
  return text ? *text : "(nothing)";
}

} // namespace

void replay_counts::add(std::string_view outcome) {
  auto at = std::find_if(outcome_counts.begin(), outcome_counts.end(),
                         [&](const auto& one) { return one.first == outcome; });
  ++(this->*(at == outcome_counts.end() ? &replay_counts::failed : at->second));
}

std::uint64_t replay_counts::settled() const {
  std::uint64_t sum = 0;
  for (const auto& [name, member] : outcome_counts) sum += this->*member;
  return sum;
}

json::object to_json(const replay_report& r) {
  json::object o;
  o["selected"] = r.counts.selected;
  for (const auto& [name, member] : outcome_counts)
    o[json::string_view(name.data(), name.size())] = r.counts.*member;
  if (!r.dry_run) return o;
  json::array changes;
  for (const auto& one : r.changes) {
    json::object change;
    change["reference"] = one.reference;
    change["field"] = one.change.field;
    change["from"] = text_or_null(one.change.from);
    change["to"] = text_or_null(one.change.to);
    changes.push_back(std::move(change));
  }
  o["changes"] = std::move(changes);
  return o;
}

std::string to_table(const replay_report& r) {
  std::string text = fmt::format("{:<12} {:>10}\n", "selected", r.counts.selected);
  for (const auto& [name, member] : outcome_counts)
    text += fmt::format("{:<12} {:>10}\n", name, r.counts.*member);
  if (!r.dry_run) return text;
  text += r.changes.empty() ? "\nnothing would change\n" : "\nwould change\n";
  for (const auto& one : r.changes)
    text += fmt::format("  {:<24} {:<20} {} -> {}\n", one.reference, one.change.field,
                        display_text(one.change.from), display_text(one.change.to));
  if (r.changes.size() >= replay_changes_max) text += "  … and perhaps more\n";
  return text;
}

} // namespace suivi::receiver
