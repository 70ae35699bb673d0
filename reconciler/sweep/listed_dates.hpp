// When a parcel was made, where its row of the list does not say so: the list is newest first, so its
// neighbors tell. Pure.
#pragma once

#include "common/shipment/shipment.hpp"

#include <vector>

namespace suivi::reconciler {

// Of one page, in its order. A row without time is dated right after the next older one that has one, else
// right before the next newer one, so that rows without time keep their order too. A page that is not newest
// first, or has no time at all, stays as it is.
void date_by_neighbors(std::vector<shipment>& rows);

} // namespace suivi::reconciler
