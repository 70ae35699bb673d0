// Twice over the page: upwards from older rows, then downwards from newer ones.
#include "reconciler/sweep/listed_dates.hpp"

#include "reconciler/plan/order_evidence.hpp"

#include <algorithm>
#include <optional>

namespace suivi::reconciler {

void listed_dates::date_by_neighbors(int page, std::vector<shipment>& rows) {
  std::vector<listed_row> listed;
  listed.reserve(rows.size());
  for (const shipment& row : rows) listed.push_back({0, row.created_at});
  rises_ = rises_ || !is_newest_first(listed);
  if (luck_ > luck_max && counted_.insert(page).second) {
    order_evidence of_page;
    of_page.read(listed);
    luck_ *= of_page.luck();
  }
  if (rises_ || luck_ > luck_max) return;
  auto date = [](shipment& row, instant at) {
    row.created_at = at;
    row.created_at_is_guess = true;
  };
  std::vector<std::optional<instant>> next_newer(rows.size());
  for (std::size_t i = 1; i < rows.size(); ++i)
    next_newer[i] = rows[i - 1].created_at ? rows[i - 1].created_at : next_newer[i - 1];
  std::optional<instant> older;
  for (std::size_t i = rows.size(); i-- > 0;) {
    shipment& row = rows[i];
    if (!row.created_at && older)
      date(row, std::min(*older + microseconds(1), next_newer[i].value_or(instant::max())));
    if (row.created_at) older = row.created_at;
  }
  std::optional<instant> newer;
  for (shipment& row : rows) {
    if (!row.created_at && newer) date(row, *newer - microseconds(1));
    if (row.created_at) newer = row.created_at;
  }
}

} // namespace suivi::reconciler
