// A name server that is silent: the database keeps its last addresses, and names of others delay it by
// nothing.
#include "tests/programs/gated_receiver.hpp"
#include "tests/support/own_names.hpp"

#include <thread>

using namespace suivi;
using namespace suivi::test;

TEST_CASE("with a name server that is silent the database is found again, whoever else is looked up") {
  own_names names;
  if (!names.why_not().empty()) {
    MESSAGE("no names of our own: ", names.why_not());
    return;
  }
  names.know("database.example");
  gated_receiver r({{"SUIVI_ADMIN_TOKEN", "example-admin"}}, "database.example");
  r.db.execute("update shipping_accounts set \"baseUrl\" = 'http://courier.example'");
  r.push_some(3);
  names.forget_all();
  std::jthread asking([&] { // the courier's name, looked up in vain
    http_post(r.base + "/api/v1/accounts/example-a/test", "", "example-admin");
  });
  r.to_database.refuse();
  r.to_database.sever();
  wait_until("absence noticed", [&] { return r.database_is("down"); });
  CHECK(r.push_next().body == R"({"success":true,"outcome":"spooled"})");
  r.to_database.pass();
  auto back = std::chrono::steady_clock::now();
  r.recovers();
  CHECK(std::chrono::steady_clock::now() - back < std::chrono::seconds(40 * slowness));
  r.process->signal(SIGTERM);
  CHECK(r.process->wait(std::chrono::seconds(20)) == 0);
  asking.join();
}
