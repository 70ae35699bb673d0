// The courier's answers: lists of orders in all their envelopes, single orders, hooks. The four envelopes
// read alike, rows and webhooks see the same order in the same JSON, and what is kept is JSON again.
#include "common/maystro/page.hpp"

#include "common/base/utf8.hpp"
#include "common/json/json_text.hpp"
#include "common/maystro/envelope.hpp"
#include "common/maystro/hook.hpp"
#include "tests/fuzz/target.hpp"

#include <boost/json/object.hpp>

namespace suivi::fuzz {
namespace {

using namespace suivi::maystro;
namespace json = boost::json;

void check_shipment(const shipment& s, bool of_a_list) {
  require(s.has_identity() && s.status, "a row that counts has identity and status");
  for (const auto* id : {&s.uuid, &s.display_id, &s.tracking, &s.reference})
    require(!*id || (is_utf8(**id) && (*id)->find('\0') == std::string::npos), "ids are storable text");
  require(of_a_list || s.metadata.empty(), "metadata comes from lists only");
  if (s.metadata.empty()) return;
  auto kept = parse_json(s.metadata);
  require(kept.has_value() && kept->is_object(), "metadata is a JSON object");
}

void check_page(const shipment_page& p) {
  require(!p.count || *p.count >= 0, "a count is not negative");
  for (const shipment& row : p.rows) check_shipment(row, true);
}

bool same(const result<shipment_page>& a, const result<shipment_page>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->rows == b->rows && a->unreadable == b->unreadable;
}

// One row, in the four envelopes, and as a webhook.
void check_row(std::string_view text, const json::object& row) {
  std::string one(text);
  auto deepest = read_page("{\"list\":{\"count\":1,\"next\":null,\"results\":[" + one + "," + one + "]}}");
  if (!deepest) return; // the envelope nests it too deep
  require(deepest->rows.size() + deepest->unreadable == 2, "every element is counted");
  require(deepest->count == 1 && !deepest->has_next, "count and next are the envelope's");
  require(same(read_page("[" + one + "," + one + "]"), deepest), "a bare list reads like list.results");
  require(same(read_page("{\"results\":[" + one + "," + one + "]}"), deepest),
          "results reads like list.results");
  require(same(read_page("{\"list\":[" + one + "," + one + "]}"), deepest), "list reads like list.results");
  if (deepest->rows.empty()) return;

  shipment listed = deepest->rows.front();
  for (std::string_view inner : {"payload", "data", "order", "message", "order_id"})
    if (row.contains(inner)) return;
  event decoded = decode(text);
  if (decoded.kind != event_kind::order) {
    require(decoded.why.find("surrogate") != std::string::npos, "a row is an order as a webhook, too");
    return;
  }
  listed.metadata.clear();
  require(decoded.shipment == listed, "a webhook and a row tell the same");
  auto single = read_one(text);
  require(single.has_value() && *single == listed, "a single order and a row tell the same");
}

} // namespace

void one_input(std::string_view bytes) {
  if (auto p = read_page(bytes)) check_page(*p);
  if (auto one = read_one(bytes)) check_shipment(*one, false);
  if (auto hooks = read_hooks(bytes))
    for (const hook& h : *hooks) require(!h.id.empty(), "a hook has an id");
  if (auto types = read_hook_types(bytes))
    for (const hook_type& t : *types)
      require(!t.id.empty() && !t.name.empty(), "a kind of hook has id and name");
  if (auto h = read_hook(bytes)) require(!h->id.empty(), "a hook has an id");

  auto document = parse_json(bytes, half_surrogates::mend);
  if (document && document->is_object()) check_row(trimmed_text(bytes), document->get_object());
}

} // namespace suivi::fuzz
