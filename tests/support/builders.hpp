// What many tests make or read in the same way: a webhook's body, rows of the shop, a number of the metrics.
#pragma once

#include "tests/support/database.hpp"

#include <string>
#include <string_view>

namespace suivi::test {

// The body of a webhook about a parcel's status. An empty uuid, reference or publish time is left out.
std::string webhook_body(const std::string& uuid, int status, const std::string& reference,
                         const std::string& published = "");

// The customer "c", whom all orders of tests belong to.
void add_customer(const database& db);

// Maystro's account of that id, named "Main", with the key "example-key-1".
void add_account(const database& db, const std::string& id);

// Orders "o<n>" with the references "R<n>", from first to last. `account`: its id as SQL, so that it may be
// null.
void add_orders(const database& db, int first, int last, const std::string& account);

// A sample of Prometheus text by its name and labels, -1 where there is none.
double metric_value(std::string_view text, std::string_view name);

} // namespace suivi::test
