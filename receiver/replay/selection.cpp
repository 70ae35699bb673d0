// Parses a selection and refuses what could select more than the operator meant.
#include "receiver/replay/selection.hpp"

#include "common/base/duration.hpp"
#include "common/base/utf8.hpp"
#include "common/json/request_json.hpp"

#include <algorithm>
#include <array>
#include <boost/json/value.hpp>
#include <charconv>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 10> all_outcomes{"pending",  "applied",    "unchanged",  "stale",
                                                        "conflict", "parked",     "confirming", "failed",
                                                        "ignored",  "quarantined"};
constexpr const char* moment_allowed = "allowed is a time of RFC 3339 or an age such as 24h";

error wrong(std::string_view member, std::string_view allowed) {
  return permanent("replay:parameter", std::string(member) + ": " + std::string(allowed));
}

std::optional<std::string> plain_text(const json::value& value) {
  const json::string* text = value.if_string();
  if (!text) return std::nullopt;
  std::string plain(text->data(), text->size());
  if (plain.find('\0') != std::string::npos || !is_utf8(plain)) return std::nullopt;
  return plain;
}

// nullopt: taken.
std::optional<error> take_member(std::string_view name, const json::value& value, instant now,
                                 replay_request& into) {
  auto text = plain_text(value);
  if (name == "since" || name == "until") {
    auto when = text ? read_moment(*text, now) : std::nullopt;
    if (!when) return wrong(name, moment_allowed);
    (name == "since" ? into.selection.since : into.selection.until) = when;
  } else if (name == "outcome") {
    if (!text || !take_outcome(*text, into.selection))
      return wrong(name, "allowed is " + std::string(outcomes_allowed));
  } else if (name == "account") {
    if (!text || text->empty()) return wrong(name, "allowed is an account's id");
    into.selection.account = std::move(*text);
  } else if (name == "eventType" || name == "reference") {
    if (!text || text->empty()) return wrong(name, "allowed is a text");
    (name == "reference" ? into.selection.reference : into.selection.event_type) = std::move(*text);
  } else if (name == "processed") {
    if (!value.is_bool()) return wrong(name, "allowed is true or false");
    into.selection.processed = value.get_bool();
  } else if (name == "dryRun") {
    if (!value.is_bool()) return wrong(name, "allowed is true or false");
    into.dry_run = value.get_bool();
  } else if (name == "ids") {
    const json::array* list = value.if_array();
    if (!list || list->empty()) return wrong(name, "allowed is a list of at least one event's id");
    for (const auto& one : *list) {
      auto id = plain_text(one);
      if (!id || id->empty()) return wrong(name, "allowed are events' ids, as text");
      into.selection.ids.push_back(std::move(*id));
    }
  } else {
    return wrong(to_storable_text(name.substr(0, 64)),
                 "there is no such parameter; allowed are since, until, ids, outcome, account, "
                 "eventType, reference, processed, dryRun");
  }
  return std::nullopt;
}

} // namespace

bool replay_selection::is_in_order() const {
  return !since || !until || *since <= *until;
}

bool replay_selection::covers(std::optional<instant> when) const {
  if (!since && !until) return true;
  return when && (!since || *when >= *since) && (!until || *when < *until);
}

bool replay_selection::names(std::string_view id) const {
  return ids.empty() || std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool replay_selection::wants(std::string_view outcome) const {
  return outcomes.empty() || std::find(outcomes.begin(), outcomes.end(), outcome) != outcomes.end();
}

std::vector<std::int64_t> replay_selection::event_ids() const {
  std::vector<std::int64_t> numbers;
  for (const auto& id : ids) {
    std::int64_t number = 0;
    auto [end, failed] = std::from_chars(id.data(), id.data() + id.size(), number);
    if (failed == std::errc() && end == id.data() + id.size() && std::to_string(number) == id && number > 0)
      numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

std::optional<instant> read_moment(std::string_view text, instant now) {
  if (auto when = parse_instant(text)) return when;
  if (auto age = parse_duration(text)) return now - *age;
  return std::nullopt;
}

bool take_outcome(std::string_view text, replay_selection& into) {
  bool known = std::find(all_outcomes.begin(), all_outcomes.end(), text) != all_outcomes.end();
  if (!known && text != "all") return false;
  into.outcomes.clear();
  if (known) into.outcomes.emplace_back(text);
  into.outcome_is_set = known;
  return true;
}

result<replay_request> read_replay_request(std::string_view body, instant now) {
  replay_request wanted;
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return wanted;
  auto document = parse_request(body);
  if (!document) return wrong("body", document.error().detail);
  if (!document->is_object()) return wrong("body", "it is no JSON object");
  for (const auto& member : document->get_object()) {
    if (member.value().is_null()) continue;
    std::string_view name(member.key().data(), member.key().size());
    if (auto refused = take_member(name, member.value(), now, wanted)) return *refused;
  }
  if (!wanted.selection.is_in_order()) return wrong("until", "allowed is " + std::string(until_allowed));
  // Who asks for the processed or the others means all of them.
  if (wanted.selection.processed && !wanted.selection.outcome_is_set) wanted.selection.outcomes.clear();
  return wanted;
}

} // namespace suivi::receiver
