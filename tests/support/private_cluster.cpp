// cluster.sh does the work; here is what differs from the shared cluster.
#include "tests/support/private_cluster.hpp"

#include "common/pg/connection.hpp"
#include "tests/support/database.hpp"
#include "tests/support/run.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace suivi::test {
namespace {

using namespace std::chrono_literals;

pg::connect_options options_for(const std::string& url) {
  pg::connect_options with;
  with.url = url;
  with.application_name = "test";
  with.answer_timeout = 50s;
  with.statement_timeout = 45s;
  return with;
}

task<result<void>> run_script(std::string url, std::string sql) {
  auto with = options_for(url);
  auto db = co_await pg::connection::connect(with);
  if (!db) co_return db.error();
  auto done = co_await db->run_script(sql);
  co_return done;
}

task<std::string> first_cell(std::string url, std::string sql) {
  auto with = options_for(url);
  auto db = co_await pg::connection::connect(with);
  if (!db) co_return "";
  pg::statement query{"", sql};
  auto rows = co_await db->run(query);
  if (!rows || rows->empty()) co_return "";
  co_return rows->null(0, 0) ? "NULL" : std::string(rows->text(0, 0));
}

} // namespace

private_cluster::private_cluster() {
  if (!control("start")) throw std::runtime_error("no cluster could be started");
  std::ifstream(folder_.path() + "/url") >> url_;
  // A process killed in the middle of a write may leave half a page, and commits must outlive the crash.
  execute("alter system set full_page_writes = on");
  execute("alter system set synchronous_commit = on");
  execute("select pg_reload_conf()");
}

private_cluster::~private_cluster() {
  (void)control("stop");
}

bool private_cluster::control(const char* verb) const {
  auto command =
      SUIVI_TEST_SUPPORT "/cluster.sh " + std::string(verb) + " " + folder_.path() + " >/dev/null 2>&1";
  return std::system(command.c_str()) == 0;
}

pid_t private_cluster::postmaster() const {
  std::string base;
  std::ifstream(folder_.path() + "/location") >> base;
  pid_t pid = 0;
  std::ifstream(base + "/data/postmaster.pid") >> pid;
  return pid;
}

bool private_cluster::runs() const {
  auto pid = postmaster();
  return pid > 0 && ::kill(pid, 0) == 0;
}

void private_cluster::halt() {
  if (!control("halt")) throw std::runtime_error("the cluster could not be halted");
}

void private_cluster::kill() {
  auto pid = postmaster();
  if (pid <= 0 || ::kill(pid, SIGKILL) != 0) throw std::runtime_error("no postmaster to kill");
}

// PostgreSQL does not start as long as an orphan of the former postmaster is attached to the shared memory.
void private_cluster::resume() {
  for (int tries = 0; tries < 60; ++tries) {
    if (control("resume")) return;
    std::this_thread::sleep_for(250ms);
  }
  throw std::runtime_error("the cluster could not be started again");
}

std::string private_cluster::url(std::string_view user, std::string_view database) const {
  auto url = with_database(url_, database);
  auto begin = url.find("//") + 2;
  return url.replace(begin, url.find('@') - begin, user);
}

void private_cluster::execute(std::string_view sql, std::string_view database) const {
  auto done = run(run_script(url("postgres", database), std::string(sql)));
  if (!done) throw std::runtime_error(to_string(done.error()));
}

std::string private_cluster::value(std::string_view sql, std::string_view database) const {
  return run(first_cell(url("postgres", database), std::string(sql)));
}

} // namespace suivi::test
