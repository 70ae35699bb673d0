// Bodies as the courier writes them, each with its number in it.
#include "tests/ledger/book.hpp"

#include "common/crypto/crypto.hpp"
#include "common/guepex/status.hpp"
#include "common/json/json_text.hpp"
#include "common/maystro/status.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace suivi::ledger {
namespace {

namespace json = boost::json;

kind choose_kind(std::minstd_rand& random) {
  auto share = random() % 100;
  if (share < 85) return kind::timed;
  if (share < 93) return kind::untimed;
  return share < 97 ? kind::inventory : kind::garbage;
}

std::string event_text(const message& m, int code) {
  json::object payload{{"id", "parcel-" + m.reference}, {"status", code}, {"external_order_id", m.reference}};
  return json::serialize(
      json::object{{"event", "OrderStatusChanged"}, {"payload", payload}, {"note", m.number}});
}

std::string body_of(const message& m, int code) {
  switch (m.form) {
  case kind::timed: {
    json::object pushed{{"data", crypto::base64_encode(event_text(m, code))},
                        {"messageId", "m-" + std::to_string(m.number)},
                        {"publishTime", format_instant(m.published)}};
    return json::serialize(
        json::object{{"message", pushed}, {"subscription", "projects/example/subscriptions/example"}});
  }
  case kind::untimed:
    return event_text(m, code);
  case kind::inventory:
    return json::serialize(json::object{{"event", "InventoryMovement"},
                                        {"payload", {{"product_id", m.number}, {"quantity", 1}}}});
  case kind::garbage:
    return "no message " + std::to_string(m.number);
  default: // Guepex's are written below
    break;
  }
  return {};
}

kind choose_kind_of_event(std::minstd_rand& random) {
  auto share = random() % 100;
  if (share < 88) return kind::state;
  if (share < 92) return kind::payment;
  return share < 96 ? kind::nameless : kind::crossing;
}

std::string number_below(std::minstd_rand& random, int limit) {
  return std::to_string(1 + random() % static_cast<unsigned>(limit));
}

json::object events_of(json::array events) {
  return {{"type", "parcel_status_updated"}, {"events", std::move(events)}};
}

} // namespace

book::book(int timed_orders, int untimed_orders)
    : timed_orders_(timed_orders), untimed_orders_(untimed_orders),
      last_occurred_(std::chrono::floor<std::chrono::seconds>(now()) - std::chrono::hours(24 * 60)) {}

message book::compose(std::minstd_rand& random) {
  message m;
  m.number = static_cast<std::int64_t>(entries_.size()) + 1;
  m.form = choose_kind(random);
  if (m.form == kind::untimed && untimed_used_ == untimed_orders_) m.form = kind::timed;
  auto statuses = maystro::all_statuses();
  if (m.form == kind::timed) {
    m.reference = "R" + std::to_string(1 + random() % static_cast<unsigned>(timed_orders_));
    m.published = last_published_ = std::max(now(), last_published_ + microseconds(1));
  } else if (m.form == kind::untimed) {
    m.reference = "U" + std::to_string(++untimed_used_);
  }
  int code = statuses[random() % statuses.size()].code;
  if (!m.reference.empty()) m.status = maystro::status_text(code);
  m.body = body_of(m, code);
  write_down(m);
  return m;
}

void book::write_down(const message& m) {
  numbers_.emplace(m.body, m.number);
  entries_.push_back({m.form, m.reference, m.status, m.published, {}, {}});
}

message book::compose_event(std::minstd_rand& random, std::int64_t number) {
  message m;
  m.number = number;
  m.form = choose_kind_of_event(random);
  m.published = last_occurred_ += std::chrono::seconds(1);
  std::string order = number_below(random, other_orders);
  const guepex::status& drawn = guepex::all_statuses()[random() % guepex::all_statuses().size()];
  if (m.form == kind::state || m.form == kind::crossing) {
    m.reference = (m.form == kind::state ? "G" : "N") + order;
    m.status = m.form == kind::state ? std::string(drawn.text) : "";
  }
  json::object parcel{{"status", drawn.text}, {"order_id", m.reference}};
  if (m.form != kind::nameless) parcel["tracking"] = "yal-" + m.reference + "-" + order;
  // The courier's local time, without a zone.
  std::string at = format_instant(m.published + std::chrono::hours(1)).substr(0, 19);
  at[10] = ' ';
  json::object event{
      {"event_id", "g-" + std::to_string(number)}, {"occurred_at", at}, {"data", std::move(parcel)}};
  if (m.form == kind::payment) event["type"] = "parcel_payment_updated";
  m.body = write_json(events_of({std::move(event)}));
  write_down(m);
  return m;
}

delivery book::compose_delivery(std::minstd_rand& random) {
  delivery made;
  json::array events;
  for (auto count = 1 + random() % 4; count > 0; --count) {
    made.events.push_back(compose_event(random, static_cast<std::int64_t>(entries_.size()) + 1));
    auto alone = parse_json(made.events.back().body);
    events.push_back(alone->get_object().at("events").get_array().front());
  }
  made.body = write_json(events_of(std::move(events)));
  return made;
}

void book::acknowledge(std::int64_t number, receipt receipt) {
  entries_[static_cast<std::size_t>(number - 1)].receipts.push_back(std::move(receipt));
}

void book::find(std::int64_t event_id, const std::string& raw) {
  auto known = numbers_.find(raw);
  if (known == numbers_.end() && raw.starts_with(" {")) // marked as signed (receiver/event/decode_event.hpp)
    known = numbers_.find(raw.substr(1));
  if (known == numbers_.end())
    ++strangers_;
  else
    entries_[static_cast<std::size_t>(known->second - 1)].events.push_back(event_id);
}

void book::forget_found() {
  for (auto& e : entries_) e.events.clear();
  strangers_ = 0;
}

book::verdict book::judge() const {
  verdict v;
  v.sent = static_cast<std::int64_t>(entries_.size());
  v.strangers = strangers_;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto& e = entries_[i];
    auto number = static_cast<std::int64_t>(i) + 1;
    v.found += e.events.empty() ? 0 : 1;
    if (!e.receipts.empty()) ++v.acknowledged[e.receipts.front().outcome];
    if (!e.receipts.empty() && e.events.empty()) v.lost.push_back(number);
    if (e.events.size() > 1) v.doubled.push_back(number);
    bool misnamed = false;
    for (const auto& r : e.receipts)
      misnamed = misnamed || (r.id && !e.events.empty() && *r.id != e.events.front());
    if (misnamed) v.misnamed.push_back(number);
  }
  return v;
}

std::map<std::string, std::string> book::expected_orders() const {
  std::map<std::string, const entry*> newest;
  for (const auto& e : entries_) {
    if (e.reference.empty() || e.events.empty()) continue;
    auto& at = newest[e.reference];
    if (at == nullptr || at->published < e.published) at = &e;
  }
  std::map<std::string, std::string> statuses;
  for (const auto& [reference, e] : newest) statuses[reference] = e->status;
  return statuses;
}

} // namespace suivi::ledger
