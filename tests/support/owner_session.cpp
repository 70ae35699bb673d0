// Each call runs the session's own context until it has its answer.
#include "tests/support/owner_session.hpp"

#include "tests/support/run.hpp"

#include <stdexcept>

namespace suivi::test {

task<void> owner_session::open() {
  if (open_ && open_->alive()) co_return;
  open_.reset();
  auto opened = co_await pg::connection::connect(options_);
  if (!opened) throw std::runtime_error(to_string(opened.error()));
  open_.emplace(std::move(*opened));
}

task<void> owner_session::leave_clean() {
  bool clean = open_->alive() && !open_->in_transaction();
  if (clean) {
    auto forgotten = co_await open_->run_script("discard all");
    clean = forgotten.has_value();
  }
  if (!clean) open_.reset();
}

// The server may have ended it since it was used last, which not every look at its socket shows: what was
// sent then was not run.
bool owner_session::is_lost(const error& failed, bool reused) const {
  return reused && !open_ && failed.kind != failure::permanent;
}

task<result<void>> owner_session::run_script(std::string sql) {
  for (bool reused = open_.has_value();; reused = false) {
    co_await open();
    auto done = co_await open_->run_script(sql);
    co_await leave_clean();
    if (done || !is_lost(done.error(), reused)) co_return done;
  }
}

task<result<std::string>> owner_session::first_cell(std::string sql) {
  for (bool reused = open_.has_value();; reused = false) {
    co_await open();
    pg::statement question{"", sql};
    auto got = co_await open_->run(question);
    co_await leave_clean();
    if (!got && is_lost(got.error(), reused)) continue;
    if (!got) co_return got.error();
    if (got->empty()) co_return std::string();
    co_return got->null(0, 0) ? std::string("NULL") : std::string(got->text(0, 0));
  }
}

void owner_session::execute(std::string sql) {
  std::unique_lock alone(in_use_, std::try_to_lock);
  if (!alone) return owner_session(options_).execute(std::move(sql));
  auto done = run(context_, run_script(std::move(sql)));
  if (!done) throw std::runtime_error(to_string(done.error()));
}

std::string owner_session::value(std::string sql) {
  std::unique_lock alone(in_use_, std::try_to_lock);
  if (!alone) return owner_session(options_).value(std::move(sql));
  auto cell = run(context_, first_cell(std::move(sql)));
  if (!cell) throw std::runtime_error(to_string(cell.error()));
  return std::move(*cell);
}

} // namespace suivi::test
