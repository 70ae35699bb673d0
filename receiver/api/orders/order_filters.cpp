// The views and parts of the orders as SQL, and the parameters that name them.
#include "receiver/api/orders/order_filters.hpp"

#include "receiver/api/call/parameters.hpp"

#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <span>
#include <vector>

namespace suivi::receiver {
namespace {

constexpr std::int64_t orders_shown = 25;
constexpr std::size_t query_bytes_max = 512;

// The parcels that rotation reads: not what has long gone back, nor what is gone there.
#define SUIVI_STILL_READ                                                                                     \
  "(p.status not in (50, 53) or p.created_at is null or p.created_at > now() - interval '60 days')"          \
  " and (p.gone_at is null or p.gone_at <= p.pulled_at)"
#define SUIVI_UNTRACKED                                                                                      \
  "o.\"shippingAccountId\" is not null and coalesce(o.\"trackingNumber\", '') = ''"                          \
  " and o.\"status\"::text not in ('PENDING', 'CANCELLED')"                                                  \
  " and o.\"createdAt\" < (now() - interval '6 hours') at time zone 'UTC'"

// By the enumeration's order. Where the sampled ones are as many as are kept, there are so many that they are
// met among the newest soon.
constexpr std::array<filter_row, 7> views{{
    {"all", "", ""},
    {"untracked", "", SUIVI_UNTRACKED, "", "untracked"},
    {"unchecked", "",
     "exists (select from suivi.parcel p where p.order_id = o.\"id\" and p.open and " SUIVI_STILL_READ
     " and coalesce(p.pulled_at, p.as_of_from, '-infinity') < now() - interval '24 hours' offset 0)",
     "", "unchecked"},
    {"alerted", "select s.order_id from suivi.sampled_order s where s.view = 'alerted'",
     R"(o."shippingStatus" in ('ALERTÉ', 'EN ALERTE', 'TENTATIVE ÉCHOUÉE', 'BLOQUÉ'))",
     R"((p.status = 32 or p.state in ('EN ALERTE', 'TENTATIVE ÉCHOUÉE', 'BLOQUÉ')))"},
    {"contested", "select d.order_id from suivi.adopted_order d where d.contested_by is not null",
     R"(o."shippingAccountId" is null)"},
    {"unassigned", "", R"(o."shippingAccountId" is null)", "", "unassigned"},
    {"conflicting",
     R"(select x."id" from suivi.sweep_conflict c
        join (select s.account, max(s.id) as id from suivi.sweep s
              where s.kind = 'full' and s.finished_at is not null group by 1) last
          on last.account = c.account and last.id = c.sweep_id
        join orders x on x."reference" = c.reference
        where not c.unmatched)",
     ""},
}};
constexpr std::array<filter_row, 5> parts{{
    {"", "", ""},
    {"on_the_way", "", "", SUIVI_STILL_READ},
    {"with_account", "", R"(o."shippingAccountId" is not null)"},
    {"with_number", "", R"(o."shippingAccountId" is not null and o."trackingNumber" <> '')"},
    {"unknown_to_courier", "",
     SUIVI_UNTRACKED
     R"( and (exists (select from suivi.lookup l where l.order_id = o."id" and l.account = o."shippingAccountId"
                      and l.negatives > 0)
              or o."createdAt" < (select a.whole_watermark at time zone 'UTC' from suivi.account a
                                  where a.id = o."shippingAccountId")))",
     "", "unknown"},
}};

// By the report's names. The list of conflicts is kept of an account's last full sweep.
constexpr std::array<figure_row, 6> figures{{
    {"", "c.field in ('trackingNumber', 'shippingStatus')"},
    {"backfilled", "c.field = 'trackingNumber' and coalesce(c.from_value, '') = ''"},
    {"statusChanged", "c.field = 'shippingStatus'"},
    {"missedByWebhook", "true", figure_source::missed},
    {"conflicts", "not c.unmatched and not c.refused", figure_source::conflicts},
    {"refused", "not c.unmatched and c.refused", figure_source::conflicts},
}};

result<std::string> read_filter(const http::target& from, std::string_view name) {
  std::string text(from.find(name).value_or(""));
  if (!is_storable(text) || text.size() > query_bytes_max)
    return wrong_value(name, text, fmt::format("a text in UTF-8 of at most {} bytes", query_bytes_max));
  return text;
}

// The place of the row that is named; an absent or empty one is the first.
template <class row>
result<std::size_t> read_choice(const http::target& from, std::string_view name, std::span<const row> rows) {
  auto text = from.find(name);
  if (!text || text->empty()) return std::size_t{0};
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].name == *text) return i;
  std::vector<std::string_view> names;
  for (const row& one : rows)
    if (!one.name.empty()) names.push_back(one.name);
  return wrong_value(name, *text, fmt::format("one of {}", fmt::join(names, ", ")));
}

} // namespace

const filter_row& row_of(order_view view) {
  return views[static_cast<std::size_t>(view)];
}
const filter_row& row_of(order_part part) {
  return parts[static_cast<std::size_t>(part)];
}

const figure_row& row_of(sweep_figure figure) {
  return figures[static_cast<std::size_t>(figure)];
}

result<order_list_query> read_order_list_query(const http::target& from) {
  order_list_query q;
  auto limit = read_limit(from, orders_shown);
  if (!limit) return limit.error();
  q.limit = *limit;
  struct filter {
    std::string_view name;
    std::string order_list_query::* member;
  };
  for (const filter& one :
       {filter{"query", &order_list_query::query}, filter{"account", &order_list_query::account},
        filter{"status", &order_list_query::status}}) {
    auto text = read_filter(from, one.name);
    if (!text) return text.error();
    q.*one.member = std::move(*text);
  }
  auto view = read_choice<filter_row>(from, "view", views);
  if (!view) return view.error();
  q.view = static_cast<order_view>(*view);
  auto only = read_choice<filter_row>(from, "only", parts);
  if (!only) return only.error();
  q.only = static_cast<order_part>(*only);
  if (auto text = from.find("sweep"); text && !text->empty()) {
    q.sweep = read_id(*text).value_or(0); // what can be no id is nobody's
  }
  auto counted = read_choice<figure_row>(from, "counted", figures);
  if (!counted) return counted.error();
  if (*counted != 0 && !q.sweep) return permanent("request:bad", "counted is for the orders of a `sweep`");
  q.counted = static_cast<sweep_figure>(*counted);
  if (auto text = from.find("unmatched"); text && !text->empty()) {
    q.unmatched = *text == "true";
    if (!q.unmatched && *text != "false") return wrong_value("unmatched", *text, "true or false");
  }
  if (auto text = from.find("after"); text && !text->empty()) {
    q.after = read_cursor(paged_list::orders, *text);
    if (!q.after) return wrong_value("after", *text, "the `next` of an answer");
  }
  return q;
}

} // namespace suivi::receiver
