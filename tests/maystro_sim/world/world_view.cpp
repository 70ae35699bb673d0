// How the world is read: lists, single parcels, history, and what is true of an order. See world.hpp.
#include "common/maystro/status.hpp"
#include "tests/maystro_sim/world/world.hpp"

#include <algorithm>
#include <array>

namespace suivi::sim {
namespace {

constexpr std::array<std::string_view, 5> alert_texts{
    "Client injoignable", "Adresse incomplète", "Téléphone éteint", "Client absent", "Refus de paiement"};

// Mostly a text, sometimes a number: both have been met.
boost::json::value made_up_alert(std::uint64_t seed, std::uint64_t serial, std::size_t step) {
  const auto x = hash({seed, 301, serial, step});
  if (x % 5 == 0) return static_cast<std::int64_t>(1 + (x >> 8U) % 9);
  return boost::json::string(alert_texts[(x >> 8U) % alert_texts.size()]);
}

boost::json::value made_up_abort(std::uint64_t seed, std::uint64_t serial) {
  const auto x = hash({seed, 302, serial});
  if (x % 2 == 0) return 21; // canceled by the store: the only code anybody has seen
  return "Annulé par le client";
}

} // namespace

std::size_t world::count(std::size_t account, instant as_of) const {
  const auto& all = lists_[account];
  const auto end = std::upper_bound(all.begin(), all.end(), as_of,
                                    [&](instant t, parcel_index p) { return t < parcels_[p].created_at; });
  return static_cast<std::size_t>(end - all.begin());
}

std::vector<parcel_index> world::list(std::size_t account, std::size_t offset, std::size_t limit,
                                      instant as_of) const {
  const auto& all = lists_[account];
  const auto visible = count(account, as_of);
  std::vector<parcel_index> found;
  for (std::size_t i = offset; i < visible && found.size() < limit; ++i)
    found.push_back(all[visible - 1 - i]);
  return found;
}

std::optional<parcel_index> world::find_uuid(std::string_view uuid) const {
  const auto found = by_uuid_.find(hash(uuid));
  if (found == by_uuid_.end() || names(parcels_[found->second]).uuid != uuid) return std::nullopt;
  return found->second;
}

std::vector<parcel_index> world::find_reference(std::size_t account, std::string_view reference) const {
  const auto found = by_reference_.find(reference_key(account, reference));
  if (found == by_reference_.end() || orders_[found->second].reference != reference) return {};
  auto all = orders_[found->second].parcels;
  std::sort(all.begin(), all.end(), [&](parcel_index a, parcel_index b) { return older(b, a); });
  return all;
}

parcel_view world::view(parcel_index parcel, instant as_of) const {
  const auto& steps = parcels_[parcel].steps;
  std::size_t last = 0; // the first step is always visible
  while (last + 1 < steps.size() && steps[last + 1].at <= as_of) ++last;
  return view_step({parcel, last});
}

parcel_view world::view_step(change at) const {
  const auto& p = parcels_[at.parcel];
  const auto& now = p.steps[at.step];
  const auto seed = shape_.first.seed;
  parcel_view v;
  v.who = names(p);
  v.is_named = fixed_names_.contains(p.serial);
  v.serial = p.serial;
  v.reference = orders_[p.order].reference;
  v.account = orders_[p.order].account;
  v.status = now.status;
  v.created_at = p.created_at;
  v.changed_at = now.at;
  const auto entry = fixed_reasons_.find((std::uint64_t{at.parcel} << 24U) | at.step);
  if (now.status == 32) {
    v.alerted_at = now.at;
    v.alert_reason = entry != fixed_reasons_.end() ? entry->second : made_up_alert(seed, p.serial, at.step);
  }
  if (now.status == 41) v.delivered_at = now.at;
  if (now.status == 42) v.postponed_to = now.at + std::chrono::hours(48);
  if (maystro::is_returning(now.status))
    v.abort_reason = entry != fixed_reasons_.end() ? entry->second : made_up_abort(seed, p.serial);
  return v;
}

std::vector<std::pair<int, instant>> world::history(parcel_index parcel, instant as_of) const {
  std::vector<std::pair<int, instant>> all;
  for (const auto& s : parcels_[parcel].steps)
    if (all.empty() || s.at <= as_of) all.emplace_back(s.status, s.at);
  return all;
}

std::optional<world::truth> world::truth_of(order_index order) const {
  const auto& o = orders_[order];
  if (o.parcels.empty() || o.reference.empty()) return std::nullopt;
  truth t{o.account, o.reference, o.known, 0, find_reference(o.account, o.reference)};
  const auto lives = [&](parcel_index p) { return !maystro::is_returning(parcels_[p].steps.back().status); };
  const auto living = std::find_if(t.parcels.begin(), t.parcels.end(), lives);
  t.current = living == t.parcels.end() ? t.parcels.front() : *living;
  return t;
}

} // namespace suivi::sim
