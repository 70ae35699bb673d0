// One statement; an id with an index of its own (the reference) is never looked for here.
#include "common/door/legacy_links.hpp"

namespace suivi::shop {

task<result<void>> find_in_legacy_columns(pg::connection& db,
                                          std::vector<std::optional<std::string>> courier_ids) {
  static constexpr pg::statement scan{"suivi_scan_old_columns", R"(
    insert into suivi.legacy_link (courier_id, order_id)
    select shown.id, o."id"
    from "orders" o cross join lateral (values (o."trackingNumber"), (o."maystroOrderId")) as shown(id)
    where (o."trackingNumber" = any($1) or o."maystroOrderId" = any($1)) and shown.id = any($1)
    on conflict do nothing)"};
  pg::params ids;
  ids.texts(courier_ids);
  auto scanned = co_await db.run(scan, std::move(ids));
  if (!scanned) co_return scanned.error();
  co_return result<void>();
}

} // namespace suivi::shop
