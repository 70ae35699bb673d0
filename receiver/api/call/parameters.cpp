// Checks each query parameter and says which one is wrong.
#include "receiver/api/call/parameters.hpp"

#include "common/base/duration.hpp"
#include "common/base/utf8.hpp"
#include "common/json/request_json.hpp"
#include "common/shipment/courier.hpp"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace suivi::receiver {
namespace {

namespace json = boost::json;

constexpr std::int64_t rows_max = 1'000;
constexpr std::int64_t pages_max = 1'000'000'000;

constexpr std::array<std::string_view, 10> outcomes{"pending",  "applied",    "unchanged",  "stale",
                                                    "conflict", "parked",     "confirming", "failed",
                                                    "ignored",  "quarantined"};

constexpr std::size_t value_bytes_max = 64;

error wrong(std::string_view name, std::string_view allowed) {
  return permanent("request:bad", fmt::format("{} must be {}", name, allowed));
}

error unread(std::string_view allowed, const error& why) {
  return wrong("body", fmt::format("{}: {}", allowed, why.detail));
}

std::string as_written(const json::value& value) {
  const json::string* text = value.if_string();
  return text == nullptr ? json::serialize(value) : std::string(*text);
}

std::optional<std::int64_t> read_integer(std::string_view text) {
  std::int64_t number = 0;
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

result<std::int64_t> read_number(const http::target& from, std::string_view name, std::int64_t otherwise,
                                 std::int64_t limit) {
  auto text = from.find(name);
  if (!text) return otherwise;
  auto number = read_integer(*text);
  if (!number || *number < 1 || *number > limit)
    return wrong_value(name, *text, fmt::format("a whole number from 1 to {}", limit));
  return *number;
}

// A point in time, or an age. A `+` that nobody escaped has become a space.
result<std::optional<instant>> read_moment(const http::target& from, std::string_view name, instant now) {
  auto text = from.find(name);
  if (!text) return std::optional<instant>();
  if (auto age = parse_duration(*text)) return std::optional<instant>(now - *age);
  if (auto at = parse_instant(*text)) return at;
  std::string repaired(*text);
  if (auto space = repaired.rfind(' '); space != std::string::npos && space > 10) {
    repaired[space] = '+';
    if (auto at = parse_instant(repaired)) return at;
  }
  return wrong_value(name, *text, "a time as 2026-01-31T09:30:00Z, or an age as 24h");
}

result<std::optional<std::string>> read_text(const http::target& from, std::string_view name) {
  auto text = from.find(name);
  if (!text || text->empty()) return std::optional<std::string>();
  if (!is_storable(*text)) return wrong_value(name, *text, "a text in UTF-8");
  return std::optional<std::string>(std::string(*text));
}

// The system before knew a source whose events are not kept here.
constexpr std::string_view foreign_source = "ECOMANAGER";

result<std::optional<std::string>> read_source(const http::target& from) {
  auto text = from.find("source");
  if (!text || text->empty()) return std::optional<std::string>();
  std::string allowed;
  for (courier_kind which : couriers) {
    if (event_source(which).empty()) continue;
    if (*text == event_source(which)) return std::optional<std::string>(*text);
    allowed += allowed.empty() ? "" : ", ";
    allowed += event_source(which);
  }
  if (*text == foreign_source) return std::optional<std::string>(*text);
  return wrong_value("source", *text, fmt::format("{} or {}", allowed, foreign_source));
}

} // namespace

error wrong_value(std::string_view name, std::string_view value, std::string_view allowed) {
  bool whole = value.size() <= value_bytes_max;
  auto printable = to_storable_text(value.substr(0, value_bytes_max));
  return wrong(name, fmt::format("{}, not \"{}{}\"", allowed, printable, whole ? "" : "…"));
}

bool is_storable(std::string_view text) {
  return is_utf8(text) && text.find('\0') == std::string_view::npos;
}

std::optional<std::int64_t> read_id(std::string_view text) {
  auto number = read_integer(text);
  if (!number || *number < 1 || std::to_string(*number) != text) return std::nullopt;
  return number;
}

std::optional<error> refuse_repeated(const http::target& from) {
  for (std::size_t i = 0; i < from.query.size(); ++i) {
    const std::string& name = from.query[i].first;
    bool again = std::any_of(from.query.begin(), from.query.begin() + static_cast<std::ptrdiff_t>(i),
                             [&](const auto& earlier) { return earlier.first == name; });
    if (again && !name.empty()) return wrong(to_storable_text(name.substr(0, value_bytes_max)), "given once");
  }
  return std::nullopt;
}

result<std::int64_t> read_limit(const http::target& from, std::int64_t otherwise) {
  return read_number(from, "limit", otherwise, rows_max);
}

result<event_query> read_event_query(const http::target& from, instant now) {
  event_query q;
  auto page = read_number(from, "page", q.page, pages_max);
  if (!page) return page.error();
  q.page = *page;
  auto limit = read_limit(from, q.limit);
  if (!limit) return limit.error();
  q.limit = *limit;
  auto source = read_source(from);
  if (!source) return source.error();
  q.filter.source = *source;
  if (auto text = from.find("processed")) {
    if (*text != "true" && *text != "false") return wrong_value("processed", *text, "true or false");
    q.filter.processed = *text == "true";
  }
  if (auto text = from.find("outcome")) {
    if (std::find(outcomes.begin(), outcomes.end(), *text) == outcomes.end())
      return wrong_value("outcome", *text, fmt::format("one of {}", fmt::join(outcomes, ", ")));
    q.filter.outcome = std::string(*text);
  }
  auto name = read_text(from, "eventType");
  if (!name) return name.error();
  q.filter.name = std::move(*name);
  auto reference = read_text(from, "reference");
  if (!reference) return reference.error();
  q.filter.reference = std::move(*reference);
  auto since = read_moment(from, "since", now);
  if (!since) return since.error();
  q.filter.since = *since;
  auto until = read_moment(from, "until", now);
  if (!until) return until.error();
  q.filter.until = *until;
  if (q.filter.since && q.filter.until && *q.filter.since > *q.filter.until)
    return wrong_value("until", *from.find("until"), "no earlier than since");
  auto account = read_text(from, "account");
  if (!account) return account.error();
  q.filter.account = std::move(*account);
  if (auto text = from.find("payload")) {
    if (*text != "true" && *text != "false") return wrong_value("payload", *text, "true or false");
    q.with_payload = *text == "true";
  }
  if (auto text = from.find("settled")) {
    if (*text != "true" && *text != "false") return wrong_value("settled", *text, "true or false");
    q.with_settled = *text == "true";
  }
  if (auto text = from.find("after")) {
    q.by_cursor = true;
    if (!text->empty()) q.after = read_cursor(paged_list::events, *text);
    if (!text->empty() && !q.after) return wrong_value("after", *text, "the `next` of an answer");
  }
  return q;
}

result<stats_query> read_stats_query(const http::target& from, instant now) {
  stats_query q;
  if (auto text = from.find("period")) q.period = std::string(*text);
  if (q.period != "24h" && q.period != "7d" && q.period != "30d")
    return wrong_value("period", q.period, "24h, 7d or 30d");
  q.since = now - *parse_duration(q.period);
  auto source = read_source(from);
  if (!source) return source.error();
  q.source = *source;
  return q;
}

result<std::vector<std::int64_t>> read_deletion(std::string_view body) {
  constexpr std::string_view whole = "a JSON object {ids}, a list of up to 1000 events' ids";
  auto document = parse_request(body);
  if (!document) return unread(whole, document.error());
  if (!document->is_object() || document->get_object().size() != 1) return wrong("body", whole);
  const auto* ids = document->get_object().if_contains("ids");
  if (!ids || !ids->is_array()) return wrong("body", whole);
  if (ids->get_array().size() > rows_max) return wrong("ids", "at most 1000 ids");
  std::vector<std::int64_t> numbers;
  for (const auto& one : ids->get_array()) {
    if (!one.is_string()) return wrong("ids", "a list of texts");
    if (auto number = read_id(one.get_string())) numbers.push_back(*number);
  }
  return numbers;
}

result<sweep_wish> read_sweep_wish(std::string_view body) {
  constexpr std::string_view whole = "a JSON object {account?, kind?}";
  sweep_wish wish;
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return wish;
  auto document = parse_request(body);
  if (!document) return unread(whole, document.error());
  if (!document->is_object()) return wrong("body", whole);
  for (const auto& member : document->get_object()) {
    std::string_view name(member.key().data(), member.key().size());
    const auto& value = member.value();
    const auto* text = value.if_string();
    // One that is misspelled would sweep what nobody meant.
    if (name != "account" && name != "kind") return wrong_value("body", name, whole);
    if (value.is_null()) continue;
    if (name == "account") {
      if (!text || text->empty()) return wrong_value("account", as_written(value), "the id of an account");
      wish.account = std::string(*text);
    } else {
      if (!text || (*text != "full" && *text != "incremental" && *text != "lookups"))
        return wrong_value("kind", as_written(value), "full, incremental or lookups");
      wish.kind = std::string(*text);
    }
  }
  return wish;
}

} // namespace suivi::receiver
