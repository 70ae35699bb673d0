// Compares two times of a parcel: one case for each pair of kinds.
#include "common/decision/as_of.hpp"

#include <algorithm>

namespace suivi::shop {
namespace {

using shape = as_of::shape;

constexpr auto ahead_max = std::chrono::minutes(5);

relation by_order(instant known, instant observed) {
  return observed > known ? relation::newer : observed < known ? relation::older : relation::doubt;
}

// Two that were begun and ended one after the other. Where one lies within the other, clocks differ (one's
// own was behind the courier's), or an answer took so long that it may show the later state: nobody can tell.
relation of_two_pulls(const as_of& known, const as_of& observed) {
  if (observed.from > known.from && observed.to >= known.to) return relation::newer;
  if (observed.from < known.from && observed.to <= known.to) return relation::older;
  return relation::doubt;
}

relation against_pull(const as_of& pull, instant published, instant published_at_latest) {
  // Published (or, untimed, received and so published) at or before the pull's start: the pull shows what
  // came after.
  if (published_at_latest <= pull.from) return relation::older;
  return published > pull.to ? relation::newer : relation::doubt;
}

relation of_two_webhooks(const as_of& known, const as_of& observed) {
  // A timed one beats an untimed one received before its publishing; otherwise nobody knows.
  if (known.kind == shape::untimed && observed.kind == shape::point)
    return observed.from > known.from ? relation::newer : relation::doubt;
  // Its own stamp says later than our clock had it when it came: of two receivers one's clock may be behind.
  bool stamped_later = observed.kind == shape::point && observed.to > known.from;
  return observed.from < known.from && stamped_later ? relation::doubt : by_order(known.from, observed.from);
}

bool is_stated(shape kind) {
  return kind == shape::stated_event || kind == shape::stated_row || kind == shape::stated_answer;
}

// What is left of it beside a time that is not of the state.
as_of without_statement(const as_of& time) {
  if (time.kind == shape::stated_event) return {shape::point, time.from, time.to};
  if (is_stated(time.kind)) return {shape::interval, time.to, std::max(time.from, time.to)};
  return time;
}

// Of two the newer state wins, at equal times the courier's answer. Only an answer can be right although its
// state is the older one: what the other said has not happened, or is undone. A row of a list may lag behind,
// so the parcel is asked for; the answer to that stands if it was asked for after what it contradicts.
relation of_two_stated(const as_of& known, const as_of& observed) {
  if (observed.from > known.from) return relation::newer;
  bool pulled = is_pull(observed.kind), known_by_pull = is_pull(known.kind);
  // By the courier's own clock, which is ahead of ours, the event is later; unless the courier was asked
  // since.
  bool answered_since = known.kind == shape::stated_answer && known.to >= observed.to;
  if (!pulled && observed.to > known.from && !answered_since) return relation::doubt;
  if (pulled && known_by_pull && observed.to <= known.to)
    return observed.to == known.to && observed.from == known.from ? relation::doubt : relation::older;
  if (observed.from == known.from) {
    if (pulled) return relation::newer;
    return known_by_pull ? relation::older : relation::doubt;
  }
  if (!pulled) return relation::older;
  bool requested_after = known_by_pull || observed.to >= known.from;
  return observed.kind == shape::stated_answer && requested_after ? relation::newer : relation::doubt;
}

} // namespace

as_of webhook_time(std::optional<instant> published_at, instant received_at) {
  if (!published_at || *published_at > received_at + ahead_max)
    return {shape::untimed, received_at, received_at};
  // A clock ahead of ours: published at the latest when it came, or it would beat what is told afterwards.
  // Our clock may be the one that is wrong, so a pull that began before what it says is not known to be
  // later.
  return {shape::point, std::min(*published_at, received_at), *published_at};
}

as_of pull_time(instant requested_at, instant answered_at, std::optional<instant> courier_now,
                milliseconds read_lag) {
  // Date has whole seconds, so the courier's clock may be up to one ahead of it. Only where it is behind ours
  // for certain does it count: otherwise of two pulls in one second the quicker would seem the later. Less
  // than a second lies within the API's lag.
  auto round_trip = answered_at - requested_at;
  instant from = requested_at, to = answered_at;
  if (courier_now && *courier_now + std::chrono::seconds(1) <= requested_at) from = *courier_now - round_trip;
  // Where it is ahead of ours for certain, webhooks are stamped by it: the interval reaches up to there.
  if (courier_now && *courier_now > answered_at) to = *courier_now + std::chrono::seconds(1);
  return {shape::interval, from - read_lag, to};
}

as_of pull_time(const std::optional<instant>& status_at, pull_kind kind, const as_of& by_request) {
  if (!status_at) return by_request;
  shape stated = kind == pull_kind::row ? shape::stated_row : shape::stated_answer;
  return {stated, *status_at, by_request.from};
}

as_of event_time(std::optional<instant> occurred_at, instant received_at) {
  as_of when = webhook_time(occurred_at, received_at);
  if (when.kind == shape::point) when.kind = shape::stated_event;
  return when;
}

relation compare(const as_of& known, const as_of& observed) {
  if (is_stated(known.kind) && is_stated(observed.kind)) return of_two_stated(known, observed);
  if (is_stated(known.kind) || is_stated(observed.kind))
    return compare(without_statement(known), without_statement(observed));
  if (observed.kind == shape::unknown)
    return known.kind == shape::unknown ? relation::doubt : relation::older;
  if (known.kind == shape::unknown) return relation::newer;

  if (known.kind == shape::interval && observed.kind == shape::interval) return of_two_pulls(known, observed);
  if (known.kind == shape::interval) return against_pull(known, observed.from, observed.to);

  if (observed.kind == shape::interval) {
    relation webhook = against_pull(observed, known.from, known.from);
    // … unless a pull that said the same ended after this one.
    if (webhook == relation::older) return observed.to >= known.to ? relation::newer : relation::doubt;
    // An untimed webhook may have been published long before its receipt, so it never beats a pull for
    // certain.
    if (webhook == relation::newer && known.kind == shape::point) return relation::older;
    return relation::doubt;
  }

  relation webhooks = of_two_webhooks(known, observed);
  // … and a pull that said the same as the known one may have seen what came after this one.
  return webhooks == relation::newer && observed.from <= known.to ? relation::doubt : webhooks;
}

as_of as_kept(const as_of& observed) {
  if (observed.kind != shape::point && observed.kind != shape::stated_event) return observed;
  return {observed.kind, observed.from, observed.from};
}

as_of agreed(const as_of& known, const as_of& reported) {
  const as_of observed = as_kept(reported);
  if (is_stated(known.kind) && is_stated(observed.kind)) {
    // The later of both times, so that what is contradicted by an answer does not come back.
    as_of both = is_pull(observed.kind) || !is_pull(known.kind) ? observed : known;
    both.from = std::max(known.from, observed.from);
    both.to = std::max(known.to, observed.to);
    return both;
  }
  relation time = compare(known, observed);
  if (time == relation::newer) return observed;
  if (time == relation::older || observed.kind == shape::unknown || known.kind == shape::unknown)
    return known;
  as_of both = known;
  // The later beginning and the later end, of two pulls or of one and what an earlier one said with a
  // webhook.
  if (observed.kind == shape::interval && (known.kind == shape::interval || observed.from >= known.from))
    both = {shape::interval, std::max(known.from, observed.from), observed.to};
  if (known.kind == shape::interval && observed.kind != shape::interval)
    both = observed; // the webhook, as far as the pull went
  bool later_webhook =
      known.kind != shape::interval && observed.kind != shape::interval && observed.from > known.from;
  if (later_webhook) both = observed;
  both.to = std::max(known.to, observed.to);
  return both;
}

instant settled_by_read_from(const as_of& known, const as_of& observed, milliseconds read_lag) {
  instant latest{};
  // Of two pulls, once one begins after both by our clock too; one that is further ahead is not waited for.
  constexpr std::chrono::minutes waited_for_max{2};
  bool nested = known.kind == shape::interval && observed.kind == shape::interval;
  if (nested && known.from >= observed.from && known.from - observed.from <= waited_for_max)
    latest = known.from;
  for (const as_of* time : {&known, &observed})
    if (time->kind != shape::unknown && time->kind != shape::interval)
      latest = std::max(latest, time->kind == shape::stated_event ? time->to : time->from);
  if (latest == instant{}) return latest;
  return latest + read_lag + milliseconds(1);
}

} // namespace suivi::shop
