// A shop's database, a courier of a few literal rows behind a real socket, and one sweep between them.
#pragma once

#include "common/http/message/response_head.hpp"
#include "common/http/server/server.hpp"
#include "reconciler/sweep/sweep_group.hpp"
#include "tests/support/builders.hpp"
#include "tests/support/database.hpp"
#include "tests/support/narrow_database.hpp"
#include "tests/support/run.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <string>
#include <vector>

namespace suivi::test {

// One row of the courier's list, as JSON.
struct courier_row {
  std::string uuid;
  std::string reference;
  int status = 6;
  std::string tracking;
  std::string created_at = "2026-01-10T10:00:00Z";

  // `more`: further members, each with a comma after it.
  [[nodiscard]] std::string json(const std::string& more = "") const {
    return fmt::format(
        R"({{{}"id":"{}","external_order_id":"{}","status":{},"tracking_number":"{}","display_id":"9{}",)"
        R"("created_at":"{}"}})",
        more, uuid, reference, status, tracking, tracking, created_at);
  }
};

struct courier_stand_in {
  std::vector<courier_row> rows;
  std::size_t page_size = 20;
  std::set<std::string> broken_pages;                    // answered 500 …
  unsigned broken_status = 500;                          // … or this
  int refuse_with = 0;                                   // 401 for everything
  int throttle_first = 0;                                // so many 429s first
  int retry_after = 0;                                   // seconds, of these
  int throttle_each = 0;                                 // every so many requests one is answered 429
  bool ignores_filter = false;                           // a look-up is answered with the first page
  bool ignores_unknown = false;                          // … where no row has the reference
  std::set<std::string> broken_references, broken_uuids; // their single reads are answered 500
  std::string more_fields;                               // of every row of a page
  std::set<std::string> hidden_uuids;                    // single reads of them are answered 404
  std::chrono::seconds clock_behind{0};                  // what its Date lags
  int requests = 0;
  std::size_t pages_before_read = 0; // asked for when the last single read came
  std::vector<std::string> pages_requested, references_requested, uuids_requested;

  http::response answer(const http::request& request) {
    ++requests;
    http::response r;
    if (clock_behind.count() != 0)
      r.headers.emplace_back("Date", http::format_http_date(now() - clock_behind));
    auto target = http::parse_target(request.target);
    if (refuse_with != 0) {
      r.status = static_cast<unsigned>(refuse_with);
      r.body = R"({"detail":"Invalid token."})";
      return r;
    }
    if (throttle_first > 0 || (throttle_each > 0 && requests % throttle_each == 0)) {
      throttle_first = std::max(0, throttle_first - 1);
      r.status = 429;
      r.headers.emplace_back("Retry-After", std::to_string(retry_after));
      return r;
    }
    auto broken = [this] {
      http::response bad;
      bad.status = broken_status;
      bad.body = "<html>";
      return bad;
    };
    if (target->segments.size() == 4) { // api/stores/orders/{uuid}
      const std::string& uuid = target->segments[3];
      uuids_requested.push_back(uuid);
      pages_before_read = pages_requested.size();
      if (broken_uuids.contains(uuid)) return broken();
      for (const courier_row& row : rows)
        if (row.uuid == uuid && !hidden_uuids.contains(uuid)) {
          r.body = row.json();
          return r;
        }
      r.status = 404;
      r.body = R"({"detail":"Not found."})";
      return r;
    }
    if (auto reference = target->find("external_order_id")) {
      references_requested.emplace_back(*reference);
      if (broken_references.contains(references_requested.back())) return broken();
      std::string found;
      int count = 0;
      for (const courier_row& row : rows)
        if (row.reference == *reference) found += (count++ > 0 ? "," : "") + row.json();
      if (!ignores_filter && (count > 0 || !ignores_unknown)) {
        r.body = fmt::format(R"({{"list":{{"count":{},"next":null,"previous":null,"results":[{}]}}}})", count,
                             found);
        return r;
      }
    } else {
      pages_requested.emplace_back(target->find("page").value_or("1"));
    }
    std::string page(target->find("page").value_or("1"));
    if (broken_pages.contains(page)) return broken();
    std::size_t from = (static_cast<std::size_t>(std::stoul(page)) - 1) * page_size;
    std::string list;
    for (std::size_t i = from; i < std::min(rows.size(), from + page_size); ++i)
      list += (list.empty() ? "" : ",") + rows[i].json(more_fields);
    r.body = fmt::format(R"({{"list":{{"count":{},"next":{},"previous":null,"results":[{}]}}}})", rows.size(),
                         from + page_size < rows.size() ? R"("http://elsewhere/?page=2")" : "null", list);
    return r;
  }
};

inline task<reconciler::sweep_group::outcome> sweep_round_once(const database& db, courier_stand_in& courier,
                                                               std::string account,
                                                               reconciler::sweep_options options,
                                                               milliseconds patience) {
  auto executor = co_await asio::this_coro::executor;
  pg::pool_options pool;
  pool.connect = db.options();
  pg::pool connections(executor, pool);
  http::client client(executor, http::client_limits{});
  http::handler answer = [&courier](http::request request) -> task<http::response> {
    http::response r = courier.answer(request);
    co_return r;
  };
  http::server server(executor, http::server_limits{}, answer);
  auto listening = server.listen("127.0.0.1:0");
  if (!listening) throw std::runtime_error(to_string(listening.error()));
  runtime::task_group serving(executor);
  serving.spawn("courier", server.run());

  shop::account who;
  who.id = account;
  who.name = account;
  who.courier.base_url = fmt::format("http://127.0.0.1:{}", server.port());
  who.courier.api_key = secret("example-key-1");
  std::vector<shop::account> accounts{who};
  reconciler::sweep_group round(executor, connections, client, "test");
  auto outcome = co_await round.run(std::move(accounts), options, patience, nullptr);
  client.close();
  connections.close();
  server.drain(milliseconds(100));
  co_await serving.join();
  co_return outcome;
}

inline task<shop::sweep_report> sweep_once(const database& db, courier_stand_in& courier, std::string account,
                                           reconciler::sweep_options options) {
  auto outcome = co_await sweep_round_once(db, courier, account, options, milliseconds(10'000));
  if (outcome.reports.size() != 1) throw std::runtime_error("the sweep did not run");
  co_return outcome.reports.front();
}

// A shop with the accounts acc-1 and acc-2, a courier, and sweeps of acc-1.
struct stage {
  database db;
  courier_stand_in courier;
  reconciler::sweep_options options;

  enum class encoding { utf8, latin1 };
  explicit stage(encoding narrow = encoding::utf8) {
    if (narrow == encoding::latin1) make_narrow(db);
    options.read_lag = milliseconds(0);
    db.execute(R"sql(
insert into shipping_accounts ("id", "name", "companyId", "credentials", "updatedAt")
select a.id, a.name, c."id", jsonb_build_object('apiKey', a.key), now()
from shipping_companies c,
     (values ('acc-1', 'First', 'example-key-1'), ('acc-2', 'Second', 'example-key-2')) as a(id, name, key)
where c."slug" = 'maystro';
)sql");
    add_customer(db);
  }

  void order(const std::string& reference, const std::string& columns = "", const std::string& values = "",
             const std::string& account = "'acc-1'") {
    db.execute(fmt::format(R"sql(insert into orders ("id", "reference", "customerId", "total", "updatedAt",
      "shippingAccountId"{}{}) values ('o-{}', '{}', 'c', 1, now(), {}{}{}))sql",
                           columns.empty() ? "" : ", ", columns, reference, reference, account,
                           values.empty() ? "" : ", ", values));
  }

  shop::sweep_report sweep(const std::string& account = "acc-1") {
    return run(sweep_once(db, courier, account, options));
  }
  shop::sweep_report sweep_newest() {
    reconciler::sweep_options newest = options;
    newest.kind = reconciler::sweep_kind::incremental;
    return run(sweep_once(db, courier, "acc-1", newest));
  }
  // A parcel and its order, numbered; younger ones have greater numbers and come first in the list.
  void shipped(int n, int status = 31, const std::string& created_at = "2026-01-10T10:00:00Z") {
    order(fmt::format("R{}", n));
    courier.rows.insert(courier.rows.begin(),
                        {fmt::format("00000000-0000-4000-8000-{:012}", n), fmt::format("R{}", n), status,
                         fmt::format("17{:014}", n), created_at});
  }

  [[nodiscard]] std::string column(const std::string& reference, const std::string& name) const {
    return db.value(
        fmt::format(R"sql(select "{}" from orders where "reference" = '{}')sql", name, reference));
  }
};

} // namespace suivi::test
