// The list of accounts is made in pieces, however many there are. What one piece takes is counted in
// allocations between two turns of the loop, which is the same on any machine.
#include "tests/postgres/receiver/operations_stage.hpp"

#include <cstdlib>
#include <new>

using namespace suivi;
using namespace suivi::receiver;

// A sanitizer has an allocator of its own.
#if !defined(__has_feature)
#define __has_feature(x) 0
#endif
#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

namespace {

std::size_t allocations = 0; // of all threads, roughly

} // namespace

void* operator new(std::size_t size) {
  ++allocations;
  if (void* made = std::malloc(size)) return made;
  throw std::bad_alloc();
}
void operator delete(void* made) noexcept {
  std::free(made);
}
void operator delete(void* made, std::size_t) noexcept {
  std::free(made);
}

namespace {

struct counted {
  std::size_t all = 0;
  std::size_t longest = 0; // piece
};

// What is done between two of its turns is one piece.
task<void> watch_pieces(counted& found) {
  std::size_t last = allocations;
  for (;;) {
    co_await runtime::sleep_for(0ms);
    found.all += allocations - last;
    found.longest = std::max(found.longest, allocations - last);
    last = allocations;
  }
}

task<counted> list_of(operations_stage& here, int accounts) {
  here.where.execute(
      "insert into suivi.account (id, name) select 'p-' || n, 'Shop ' || n from generate_series(1, " +
      std::to_string(accounts) + ") n on conflict do nothing;" +
      R"(insert into shipping_accounts ("id", "name", "companyId", "credentials", "updatedAt")
                        select a.id, a.name, c."id", '{"apiKey":"example-key-1"}', now()
                        from suivi.account a, shipping_companies c where c."slug" = 'maystro' and a.id like 'p-%'
                        on conflict do nothing)");
  co_await here.accounts.refresh_now();
  counted found;
  here.lanes.spawn("pieces", watch_pieces(found));
  auto answer = co_await here.ask("GET", "/api/v1/accounts");
  here.lanes.cancel();
  co_await here.lanes.join();
  CHECK(answer.status == 200);
  CHECK(json::parse(answer.body).at("data").at("accounts").as_array().size() == std::size_t(accounts) + 1);
  co_return found;
}

} // namespace

TEST_CASE("a list of three times as many accounts is made in pieces that are no longer") {
  test::database db;
  operations_stage here(db);
  auto steps = [&]() -> task<void> {
    counted few = co_await list_of(here, 1'000);
    counted many = co_await list_of(here, 3'000);
    CHECK(many.all > 2 * few.all);
    CHECK(many.longest < few.longest + few.longest / 2);
    CHECK(many.longest < many.all / 8);
  };
  here.run(steps());
}

#endif
