// Reads one fact in one round trip: begin, limits, query, rollback.
#include "reconciler/doctor/collect/fact_reader.hpp"

namespace suivi::reconciler {
namespace {

// Above the server's limits, so that it normally gives up first.
constexpr milliseconds answer_limit{5'000};

constexpr pg::statement begin{"doctor_begin", "begin"};
constexpr pg::statement rollback{"doctor_rollback", "rollback"};
constexpr pg::statement short_limits{
    "doctor_limits",
    "select set_config('statement_timeout', '4s', true), set_config('lock_timeout', '1s', true)"};

} // namespace

void add_short_limits(pg::pipeline& steps) {
  steps.add(short_limits);
}

fact_reader::fact_reader(pg::connection& db, doctor_facts& into, steady_time until)
    : db_(db), facts_(into), until_(until) {
  db_.answer_within(answer_limit);
}

void fact_reader::note(const std::string& check, const error& why) {
  facts_.failed_reads.push_back({check, std::nullopt, why});
}

task<std::optional<pg::rows>> fact_reader::ask(std::string check, pg::statement question, pg::params with) {
  if (steady_now() >= until_) {
    note(check, transient("doctor:late", "the time for all looks was used up by the ones before"));
    co_return std::nullopt;
  }
  pg::pipeline steps;
  steps.add(begin);
  add_short_limits(steps);
  std::size_t answer = steps.add(question, std::move(with));
  steps.add(rollback);
  auto found = co_await db_.run(std::move(steps));
  if (found) co_return (*found)[answer];
  note(check, found.error());
  co_await close();
  co_return std::nullopt;
}

task<bool> fact_reader::open(std::string check) {
  if (steady_now() >= until_) {
    note(check, transient("doctor:late", "the time for all looks was used up by the ones before"));
    co_return false;
  }
  pg::pipeline steps;
  steps.add(begin);
  add_short_limits(steps);
  auto opened = co_await db_.run(std::move(steps));
  if (opened) co_return true;
  note(check, opened.error());
  co_await close();
  co_return false;
}

task<void> fact_reader::close() {
  if (!db_.alive() || !db_.in_transaction()) co_return;
  auto ended = co_await db_.run(rollback);
  (void)ended; // a connection that fails here is dead, which ends the transaction as well
}

} // namespace suivi::reconciler
