// Bodies as the courier writes them, each with its number in it.
#include "tests/ledger/book.hpp"

#include "common/crypto/crypto.hpp"
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

std::string event_text(const message& m) {
  json::object payload{
      {"id", "parcel-" + m.reference}, {"status", m.status}, {"external_order_id", m.reference}};
  return json::serialize(
      json::object{{"event", "OrderStatusChanged"}, {"payload", payload}, {"note", m.number}});
}

std::string body_of(const message& m) {
  switch (m.form) {
  case kind::timed: {
    json::object pushed{{"data", crypto::base64_encode(event_text(m))},
                        {"messageId", "m-" + std::to_string(m.number)},
                        {"publishTime", format_instant(m.published)}};
    return json::serialize(
        json::object{{"message", pushed}, {"subscription", "projects/example/subscriptions/example"}});
  }
  case kind::untimed:
    return event_text(m);
  case kind::inventory:
    return json::serialize(json::object{{"event", "InventoryMovement"},
                                        {"payload", {{"product_id", m.number}, {"quantity", 1}}}});
  case kind::garbage:
    return "no message " + std::to_string(m.number);
  }
  return {};
}

} // namespace

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
  if (!m.reference.empty()) m.status = statuses[random() % statuses.size()].code;
  m.body = body_of(m);
  numbers_.emplace(m.body, m.number);
  entries_.push_back({m.form, m.reference, m.status, m.published, {}, {}});
  return m;
}

void book::acknowledge(std::int64_t number, receipt receipt) {
  entries_[static_cast<std::size_t>(number - 1)].receipts.push_back(std::move(receipt));
}

void book::find(std::int64_t event_id, const std::string& raw) {
  auto known = numbers_.find(raw);
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

std::map<std::string, int> book::expected_orders() const {
  std::map<std::string, const entry*> newest;
  for (const auto& e : entries_) {
    if (e.reference.empty() || e.events.empty()) continue;
    auto& at = newest[e.reference];
    if (at == nullptr || at->published < e.published) at = &e;
  }
  std::map<std::string, int> statuses;
  for (const auto& [reference, e] : newest) statuses[reference] = e->status;
  return statuses;
}

} // namespace suivi::ledger
