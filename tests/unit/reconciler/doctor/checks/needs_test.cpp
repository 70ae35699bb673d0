// Which types of columns serve.
#include "reconciler/doctor/checks/needs.hpp"

#include <doctest/doctest.h>

using namespace suivi::reconciler;

TEST_CASE("types that the statements take fit and others do not") {
  CHECK(fits(column_kind::text, {"varchar", false, false}));
  CHECK_FALSE(fits(column_kind::text, {"uuid", false, false}));
  CHECK_FALSE(fits(column_kind::text, {"int4", false, false}));
  CHECK(fits(column_kind::enumerable_text, {"OrderStatus", true, true}));
  CHECK_FALSE(fits(column_kind::enumerable_text, {"OrderStatus", true, false})); // without DELIVERED
  CHECK(fits(column_kind::enumerable_text, {"text", false, false}));
  CHECK(fits(column_kind::enumerable_text, {"bpchar", false, false}));
  CHECK(fits(column_kind::time, {"timestamptz", false, false}));
  CHECK_FALSE(fits(column_kind::time, {"date", false, false}));
  CHECK_FALSE(fits(column_kind::json, {"json", false, false})); // has no operator to merge
  CHECK(fits(column_kind::any_json, {"json", false, false}));
  CHECK_FALSE(fits(column_kind::boolean, {"int4", false, false}));
  CHECK(fits(column_kind::integer, {"int8", false, false}));
}

TEST_CASE("every column that is written is one that the contract lets Suivi write") {
  int orders = 0;
  for (const needed_column& n : needed_columns())
    if (n.table == "orders" && n.updated) ++orders;
  CHECK(orders == 9);
}
