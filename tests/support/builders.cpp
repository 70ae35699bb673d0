// The builders that tests share, in one place so that a change of the shop or of a webhook is made once.
#include "tests/support/builders.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace suivi::test {

std::string a_webhook(const std::string& uuid, int status, const std::string& reference,
                      const std::string& published) {
  boost::json::object payload{{"status", status}};
  if (!uuid.empty()) payload["id"] = uuid;
  if (!reference.empty()) payload["external_order_id"] = reference;
  boost::json::object event{{"event", "OrderStatusChanged"}, {"payload", payload}};
  if (!published.empty()) event["publishTime"] = published;
  return boost::json::serialize(event);
}

std::string customer_sql() {
  return R"sql(
    insert into customers ("id", "name", "phone", "updatedAt") values ('c', 'Client', '0550000001', now());)sql";
}

std::string order_sql(const std::string& id, const std::string& reference, const std::string& account) {
  return R"sql(
    insert into orders ("id", "reference", "customerId", "total", "shippingAccountId", "updatedAt")
    values (')sql" +
         id + "', '" + reference + "', 'c', 1, " + account + ", now());";
}

std::string orders_sql(const std::string& id, const std::string& reference, int first, int last,
                       const std::string& account) {
  return R"sql(
    insert into orders ("id", "reference", "customerId", "total", "shippingAccountId", "updatedAt")
    select ')sql" +
         id + "' || n, '" + reference + "' || n, 'c', 1, " + account + ", now() from generate_series(" +
         std::to_string(first) + ", " + std::to_string(last) + ") n;";
}

void add_customer(const database& db) {
  db.execute(customer_sql());
}

void a_shop(const database& db, int orders) {
  add_customer(db);
  add_account(db, "acc-1");
  db.execute(orders_sql("o", "R", 1, orders, "'acc-1'"));
}

void add_order(const database& db, const std::string& id, const std::string& reference,
               const std::string& account) {
  db.execute(order_sql(id, reference, account));
}

void add_account(const database& db, const std::string& id) {
  db.execute(R"sql(
    insert into shipping_accounts ("id", "name", "companyId", "credentials", "updatedAt")
    select ')sql" +
             id + R"sql(', 'Main', "id", '{"apiKey": "example-key-1"}', now() from shipping_companies
    where "slug" = 'maystro')sql");
}

void add_orders(const database& db, int first, int last, const std::string& account) {
  db.execute(
      orders_sql("o", "R", first, last, account) +
      "update orders set \"status\" = 'CONFIRMED' where \"id\" in (select 'o' || n from generate_series(" +
      std::to_string(first) + ", " + std::to_string(last) + ") n)");
}

double metric(std::string_view text, std::string_view name) {
  for (std::size_t from = 0; from < text.size();) {
    std::size_t end = std::min(text.find('\n', from), text.size());
    std::string_view line = text.substr(from, end - from);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(' '))
      return std::stod(std::string(line.substr(name.size() + 1)));
    from = end + 1;
  }
  return -1;
}

} // namespace suivi::test
