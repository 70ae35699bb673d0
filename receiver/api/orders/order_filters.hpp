// What a list of orders may be narrowed to, and how each of it is found. Pure.
#pragma once

#include "common/base/error.hpp"
#include "common/http/message/message.hpp"
#include "receiver/api/call/list_cursor.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace suivi::receiver {

enum class order_view { all, untracked, unchecked, alerted, contested, unassigned, conflicting };
// What a figure counts that no view stands for.
enum class order_part { any, on_the_way, with_account, with_number, unknown_to_courier };
// Which of a sweep's figures: the orders that it changed are the first two's.
enum class sweep_figure { changed, backfilled, status_changed, missed, conflicts, refused };

struct order_list_query {
  std::string query; // empty: none
  order_view view = order_view::all;
  std::string account; // empty: any
  std::string status;  // the order's own, or its shipping status; empty: any
  order_part only = order_part::any;
  std::optional<std::int64_t> sweep;            // only those that are counted by this sweep's …
  sweep_figure counted = sweep_figure::changed; // … figure
  bool unmatched = false; // only those without account that no account's parcel was matched to either
  std::int64_t limit = 25;
  std::optional<list_place> after;
};

// An error names the parameter.
[[nodiscard]] result<order_list_query> read_order_list_query(const http::target& from);

// In SQL, on the order `o`.
struct filter_row {
  std::string_view name;
  std::string_view among;        // ids of the few to begin with; empty: all orders
  std::string_view condition;    // as the order is now
  std::string_view parcels = ""; // or begin with the open parcels `p` that are so
  std::string_view sampled = ""; // or with the orders that are sampled by this view
};
[[nodiscard]] const filter_row& row_of(order_view view);
[[nodiscard]] const filter_row& row_of(order_part part);
// Where the orders of a sweep's figure are found: in the journal, or in a list of the sweep's own.
enum class figure_source { journal, missed, conflicts };
struct figure_row {
  std::string_view name;
  std::string_view condition; // on a row `c` there
  figure_source source = figure_source::journal;
};
[[nodiscard]] const figure_row& row_of(sweep_figure figure);

} // namespace suivi::receiver
