// The table of the four shapes of time against each other.
#include "common/decision/as_of.hpp"

#include <algorithm>

namespace suivi::shop {
namespace {

using shape = as_of::shape;

constexpr auto ahead_max = std::chrono::minutes(5);

relation by_order(instant known, instant seen) {
  return seen > known ? relation::newer : seen < known ? relation::older : relation::doubt;
}

relation against_pull(const as_of& pull, const as_of& webhook) {
  // Published (or, untimed, received and so published) at or before the pull's start: the pull shows what
  // came after.
  if (webhook.from <= pull.from) return relation::older;
  return webhook.from > pull.to ? relation::newer : relation::doubt;
}

relation of_two_webhooks(const as_of& known, const as_of& seen) {
  // A timed one beats an untimed one received before its publishing; otherwise nobody knows.
  if (known.kind == shape::untimed && seen.kind == shape::point)
    return seen.from > known.from ? relation::newer : relation::doubt;
  return by_order(known.from, seen.from);
}

} // namespace

as_of webhook_time(std::optional<instant> published_at, instant received_at) {
  if (!published_at || *published_at > received_at + ahead_max)
    return {shape::untimed, received_at, received_at};
  // A clock ahead of ours: published at the latest when it came, or it would beat what is told afterwards.
  instant published = std::min(*published_at, received_at);
  return {shape::point, published, published};
}

as_of pull_time(instant asked_at, instant answered_at, std::optional<instant> courier_now,
                milliseconds read_lag) {
  // Date has whole seconds, so the courier's clock may be up to one ahead of it. Only where it is behind ours
  // for certain does it count: otherwise of two pulls in one second the quicker would seem the later. Less
  // than a second lies within the API's lag.
  auto round_trip = answered_at - asked_at;
  instant from = asked_at, to = answered_at;
  if (courier_now && *courier_now + std::chrono::seconds(1) <= asked_at) from = *courier_now - round_trip;
  // Where it is ahead of ours for certain, webhooks are stamped by it: the interval reaches up to there.
  if (courier_now && *courier_now > answered_at) to = *courier_now + std::chrono::seconds(1);
  return {shape::interval, from - read_lag, to};
}

relation compare(const as_of& known, const as_of& seen) {
  if (seen.kind == shape::unknown) return known.kind == shape::unknown ? relation::doubt : relation::older;
  if (known.kind == shape::unknown) return relation::newer;

  if (known.kind == shape::interval && seen.kind == shape::interval) return by_order(known.from, seen.from);
  if (known.kind == shape::interval) return against_pull(known, seen);

  if (seen.kind == shape::interval) {
    relation webhook = against_pull(seen, known);
    if (webhook == relation::older) return relation::newer;
    // An untimed webhook may have been published long before its receipt, so it never beats a pull for
    // certain.
    if (webhook == relation::newer && known.kind == shape::point) return relation::older;
    return relation::doubt;
  }

  relation webhooks = of_two_webhooks(known, seen);
  // … and a pull that said the same as the known one may have seen what came after this one.
  return webhooks == relation::newer && seen.from <= known.to ? relation::doubt : webhooks;
}

as_of agreed(const as_of& known, const as_of& seen) {
  if (compare(known, seen) == relation::newer) return seen;
  if (seen.kind == shape::unknown || known.kind == shape::unknown) return known;
  as_of both = known;
  if (known.kind == shape::interval && seen.kind != shape::interval)
    both = seen; // the webhook, as far as the pull went
  bool later_webhook =
      known.kind != shape::interval && seen.kind != shape::interval && seen.from > known.from;
  if (later_webhook) both = seen;
  both.to = std::max(known.to, seen.to);
  return both;
}

instant settled_by_read_from(const as_of& known, const as_of& seen, milliseconds read_lag) {
  instant latest{};
  for (const as_of* time : {&known, &seen})
    if (time->kind == shape::point || time->kind == shape::untimed) latest = std::max(latest, time->from);
  if (latest == instant{}) return latest;
  return latest + read_lag + milliseconds(1);
}

} // namespace suivi::shop
