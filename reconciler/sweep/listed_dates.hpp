// When a parcel was made, where its row of the list does not say so: the list is newest first, so its
// neighbors tell. Pure.
#pragma once

#include "common/shipment/shipment.hpp"

#include <set>
#include <vector>

namespace suivi::reconciler {

// The pages of one list, as they are read.
class listed_dates {
 public:
  // Of one page, in its order. A row without time is dated right after the next older one that has one, but
  // not after the next newer one, else right before that, so that rows without time keep their order too.
  // Until the times of the pages have shown that order beyond luck (plan/order_evidence.hpp) pages stay as
  // they are, and so does each one once a page was not newest first: the list has no such order then.
  void date_by_neighbors(int page, std::vector<shipment>& rows);

 private:
  bool rises_ = false;
  double luck_ = 1;
  std::set<int> counted_; // pages, as long as luck may be all
};

} // namespace suivi::reconciler
