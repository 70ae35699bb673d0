// `orders` is found through the search_path: the shop's schema.
#include "receiver/inbox/parked.hpp"

#include "common/door/legacy_links.hpp"

#include <optional>
#include <string>
#include <vector>

namespace suivi::receiver {

namespace {

// Whoever was woken in vain comes last. A parcel whose order was deleted wakes nobody.
constexpr pg::statement by_index{"inbox_wake", R"sql(
update suivi.pending p set due_at = now() where p.event_id in (
  select w.event_id from suivi.pending w
  where w.state = 'parked' and w.due_at > now() and w.owner is null and (
    exists (select from orders o where o.reference in (w.reference, btrim(w.reference, e' \t\r\n\f\v')))
    or exists (select from suivi.parcel k join orders o on o."id" = k.order_id where k.uuid = w.uuid)
    or exists (select from suivi.parcel k join orders o on o."id" = k.order_id where k.display_id = w.display_id)
    or exists (select from suivi.parcel k join orders o on o."id" = k.order_id where k.tracking = w.tracking))
  order by w.attempts, w.event_id limit 5000 for update skip locked)
)sql"};

constexpr pg::statement parked_ids{"inbox_parked_ids", R"sql(
select id from (
  select distinct id from suivi.pending, unnest(array[uuid, display_id, tracking]) as id
  where state = 'parked' and due_at > now() and owner is null and id is not null) as all_of_them
order by random() limit 10000
)sql"};

constexpr pg::statement by_link{"inbox_wake_linked", R"sql(
with due as (
  select event_id from suivi.pending w
  where state = 'parked' and due_at > now() and owner is null
    and exists (select from suivi.legacy_link l where l.courier_id in (w.uuid, w.display_id, w.tracking))
  order by attempts, event_id limit 5000 for update skip locked)
update suivi.pending p set due_at = now() from due where p.event_id = due.event_id
)sql"};

} // namespace

task<result<std::uint64_t>> wake_parked(pg::connection& db, bool by_legacy_links) {
  if (by_legacy_links) {
    auto parked = co_await db.run(parked_ids);
    if (!parked) co_return parked.error();
    std::vector<std::optional<std::string>> ids;
    for (std::size_t i = 0; i < parked->size(); ++i) ids.emplace_back(parked->text(i, 0));
    if (ids.empty()) co_return std::uint64_t{0};
    auto linked = co_await shop::find_in_legacy_columns(db, std::move(ids));
    if (!linked) co_return linked.error();
  }
  const auto& text = by_legacy_links ? by_link : by_index;
  auto answer = co_await db.run(text);
  if (!answer) co_return answer.error();
  co_return answer->affected();
}

} // namespace suivi::receiver
