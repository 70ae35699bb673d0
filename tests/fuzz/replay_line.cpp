// Lines of a replay's file and rows of the old system: any bytes; and a body that the API has printed is
// the same event as the body itself.
#include "receiver/event/decode_event.hpp"
#include "receiver/replay/file_line.hpp"

#include "common/base/utf8.hpp"
#include "common/json/json_fields.hpp"
#include "common/json/json_text.hpp"
#include "tests/fuzz/target.hpp"

#include <boost/json/serialize.hpp>

namespace suivi::fuzz {
namespace {

using namespace suivi::receiver;

constexpr instant now{std::chrono::sys_days(std::chrono::year(2026) / 1 / 31) + std::chrono::hours(9)};

bool same(const courier_event& a, const courier_event& b) {
  return a.kind == b.kind && a.why == b.why && a.name == b.name && a.shipment == b.shipment &&
         a.message_id == b.message_id && a.published_at == b.published_at;
}

void check_promises(const replay_line& line) {
  require(!line.event.body, "the body is left behind");
  bool order = line.event.kind == event_kind::order;
  const auto& shipment = line.event.shipment;
  require(!order || (shipment.has_identity() && (shipment.status || shipment.reference)),
          "an order has an identity, and a status or the reference it is linked by");
  require(is_utf8(line.id) && line.id.size() <= id_bytes_max, "an id is short text");
}

} // namespace

void one_input(std::string_view bytes) {
  check_promises(read_replay_line(bytes, now));
  for (std::string_view type : {"OrderStatusChanged", "error"})
    check_promises(read_legacy_row(type, bytes, now));

  auto document = parse_json(bytes);
  if (!document || !document->is_object()) return;
  std::string body = boost::json::serialize(*document);
  std::string printed =
      R"({"id":"7","processed":false,"createdAt":"2026-01-31T09:00:00Z","payload":)" + body + "}";
  if (!parse_json(printed)) return; // printing nests it too deep
  replay_line read = read_replay_line(printed, now);
  if (auto lines = events_within(body))
    for (const std::string& line : *lines) check_promises(read_replay_line(line, now));
  require(read.id == "7" && read.received_at == now, "id and time are the printed event's");
  require(same(read.event, decode_event(body)), "a printed body is the same event as the body");

  replay_line old = read_legacy_row("error", R"({"error":"e","body":)" + body + "}", now);
  require(same(old.event, decode_event(body)), "so is the body in an old row of an error");
}

} // namespace suivi::fuzz
