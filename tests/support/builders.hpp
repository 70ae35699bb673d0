// What many tests make or read in the same way: a shop and its orders, a webhook's body, a number of the
// metrics. Nothing else in the tests inserts customers, and orders only where their columns are the matter.
#pragma once

#include "tests/support/database.hpp"

#include <string>
#include <string_view>

namespace suivi::test {

// The body of a webhook about a parcel's status. An empty uuid, reference or publish time is left out.
std::string a_webhook(const std::string& uuid, int status, const std::string& reference,
                      const std::string& published = "");

// The customer "c", the account "acc-1" of Maystro and its orders "o1" … with the references "R1" …
void a_shop(const database& db, int orders = 0);

// The customer "c", whom all orders of tests belong to.
void add_customer(const database& db);

// Maystro's account of that id, named "Main", with the key "example-key-1".
void add_account(const database& db, const std::string& id);

// Confirmed orders "o<n>" with the references "R<n>", from first to last. `account`: its id as SQL, so that
// it may be null.
void add_orders(const database& db, int first, int last, const std::string& account = "'acc-1'");

// One order.
void add_order(const database& db, const std::string& id, const std::string& reference,
               const std::string& account = "'acc-1'");

// The same as SQL, for scripts: that customer; that order; orders "<id><n>" with the references
// "<reference><n>".
std::string customer_sql();
std::string order_sql(const std::string& id, const std::string& reference, const std::string& account);
std::string orders_sql(const std::string& id, const std::string& reference, int first, int last,
                       const std::string& account);

// A sample of Prometheus text by its name and labels, -1 where there is none.
double metric(std::string_view text, std::string_view name);

} // namespace suivi::test
