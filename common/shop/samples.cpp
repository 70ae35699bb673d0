// The work is PostgreSQL's.
#include "common/shop/samples.hpp"

namespace suivi::shop {
namespace {

constexpr pg::statement sample{"samples_take", "select suivi.take_sample()"};
constexpr pg::statement sample_small{"samples_small",
                                     "select suivi.take_sample_after(interval '1 second', true)"};
constexpr pg::statement want{"samples_want", "update suivi.sampling set wanted_at = clock_timestamp()"};
constexpr pg::statement events{"samples_events", "select suivi.count_events()"};
constexpr pg::statement thin{"samples_thin", "select suivi.thin_samples()"};

} // namespace

task<result<bool>> take_sample(pg::connection& db) {
  auto done = co_await db.run(sample);
  if (!done) co_return done.error();
  co_return done->boolean(0, 0);
}

task<result<void>> refresh_small_sample(pg::connection& db) {
  auto done = co_await db.run(sample_small);
  if (!done) co_return done.error();
  co_return result<void>();
}

task<result<void>> want_sample(pg::connection& db) {
  auto done = co_await db.run(want);
  if (!done) co_return done.error();
  co_return result<void>();
}

task<result<void>> count_events(pg::connection& db) {
  auto counted = co_await db.run(events);
  if (!counted) co_return counted.error();
  auto thinned = co_await db.run(thin);
  if (!thinned) co_return thinned.error();
  co_return result<void>();
}

} // namespace suivi::shop
