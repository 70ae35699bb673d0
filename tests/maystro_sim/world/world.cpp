// Holds all parcels and moves them as time passes.
#include "tests/maystro_sim/world/world.hpp"

#include "tests/maystro_sim/world/path.hpp"

#include <algorithm>

namespace suivi::sim {
namespace {

enum : std::uint64_t { salt_moves = 101, salt_foreign, salt_reason };

std::uint64_t reason_key(parcel_index parcel, std::size_t step) {
  return (std::uint64_t{parcel} << 24U) | step;
}

} // namespace

std::uint64_t world::reference_key(std::size_t account, std::string_view reference) {
  return hash({std::uint64_t{account}, hash(reference)});
}

world::world(world_shape shape)
    : shape_(std::move(shape)), chance_(hash({shape_.first.seed, salt_moves})), last_stamp_(shape_.start) {
  shape_.first.accounts = shape_.accounts.size();
  lists_.resize(shape_.accounts.size());
  const auto known = shape_.first.known;
  next_serial_ = 2 * known;
  orders_.reserve(known);
  parcels_.reserve(known + known / 16);
  const auto at = [&](double age) {
    const auto back = std::chrono::duration<double>(shape_.span) * (1 - age);
    return shape_.start - std::chrono::duration_cast<microseconds>(back);
  };
  const auto timed = [&](const std::vector<int>& way, instant created) {
    std::vector<step> steps;
    const auto each = (shape_.start - created) / static_cast<int>(way.size() + 1);
    for (std::size_t i = 0; i < way.size(); ++i)
      steps.push_back({created + each * static_cast<int>(i), way[i]});
    return steps;
  };
  for (std::uint64_t k = 0; k < known; ++k) {
    const auto begun = first_of(shape_.first, k);
    const auto order = order_for(begun.account, shared_reference(shape_.first.seed, k), true);
    for (const auto& p : begun.parcels) place(order, p.serial, at(p.created), timed(p.way, at(p.created)));
  }
  draw chance(hash({shape_.first.seed, salt_foreign}));
  const auto strangers = static_cast<std::uint64_t>(static_cast<double>(known) * shape_.foreign_share);
  for (std::uint64_t j = 0; j < strangers; ++j) {
    const auto account = static_cast<std::size_t>(chance.below(lists_.size()));
    // Some were made in the courier's own dashboard and have no reference at all.
    const auto reference =
        chance.chance(0.3) ? std::string() : foreign_reference(shape_.first.seed, foreign_made_++);
    const auto created = at(chance.fraction());
    place(order_for(account, reference, false), next_serial_++, created,
          timed(walk(chance.below(13), chance), created));
  }
  sort_lists();
}

bool world::older(parcel_index a, parcel_index b) const {
  const auto& x = parcels_[a];
  const auto& y = parcels_[b];
  if (x.created_at != y.created_at) return x.created_at < y.created_at;
  return names(x).uuid < names(y).uuid;
}

void world::sort_lists() {
  for (auto& all : lists_)
    std::sort(all.begin(), all.end(), [&](parcel_index a, parcel_index b) { return older(a, b); });
}

order_index world::order_for(std::size_t account, const std::string& reference, bool known) {
  const auto key = reference_key(account, reference);
  if (!reference.empty()) {
    const auto found = by_reference_.find(key);
    if (found != by_reference_.end() && orders_[found->second].reference == reference) {
      orders_[found->second].known = orders_[found->second].known || known;
      return found->second;
    }
  }
  const auto index = static_cast<order_index>(orders_.size());
  orders_.push_back({reference, account, known, {}});
  if (!reference.empty()) by_reference_[key] = index;
  return index;
}

parcel_index world::place(order_index order, std::uint64_t serial, instant created_at,
                          std::vector<step> steps) {
  const auto index = static_cast<parcel_index>(parcels_.size());
  draw dry(0);
  const bool moves = next_status(steps.back().status, dry).has_value();
  parcels_.push_back({serial, order, false, created_at, std::move(steps)});
  orders_[order].parcels.push_back(index);
  lists_[orders_[order].account].push_back(index);
  by_uuid_[hash(names(parcels_.back()).uuid)] = index;
  if (moves) movable_.push_back(index);
  return index;
}

identity world::names(const parcel& p) const {
  const auto entry = fixed_names_.find(p.serial);
  return entry == fixed_names_.end() ? identify(shape_.first.seed, p.serial) : entry->second;
}

instant world::stamp(instant now) {
  last_stamp_ = std::max(now, last_stamp_ + microseconds(1));
  return last_stamp_;
}

std::optional<change> world::move_one(instant now) {
  while (!movable_.empty()) {
    const auto at = static_cast<std::size_t>(chance_.below(movable_.size()));
    const auto index = movable_[at];
    auto& p = parcels_[index];
    const auto next = p.removed ? std::nullopt : next_status(p.steps.back().status, chance_);
    if (!next) {
      movable_[at] = movable_.back();
      movable_.pop_back();
      continue;
    }
    p.steps.push_back({stamp(now), *next});
    return change{index, p.steps.size() - 1};
  }
  return std::nullopt;
}

change world::set_status(parcel_index parcel, int status, instant now,
                         std::optional<boost::json::value> reason) {
  auto& p = parcels_[parcel];
  p.steps.push_back({stamp(now), status});
  const auto step = p.steps.size() - 1;
  if (reason) fixed_reasons_[reason_key(parcel, step)] = std::move(*reason);
  draw dry(0);
  const bool moves = next_status(status, dry).has_value();
  if (moves && std::find(movable_.begin(), movable_.end(), parcel) == movable_.end())
    movable_.push_back(parcel);
  return {parcel, step};
}

parcel_index world::insert(new_parcel parcel, instant now) {
  const auto serial = next_serial_++;
  if (parcel.uuid || parcel.tracking) {
    auto who = identify(shape_.first.seed, serial);
    if (parcel.uuid) who.uuid = *parcel.uuid;
    if (parcel.tracking) who.tracking = *parcel.tracking;
    fixed_names_[serial] = std::move(who);
  }
  const auto first = stamp(now);
  const auto created = parcel.created_at.value_or(first);
  std::vector<step> steps;
  for (const int status : parcel.way)
    steps.push_back({steps.empty() ? std::min(created, first) : stamp(now), status});
  const auto index =
      place(order_for(parcel.account, parcel.reference, parcel.known), serial, created, std::move(steps));
  auto& all = lists_[parcel.account];
  all.pop_back(); // place() put it at the end; its date decides
  const auto where = std::upper_bound(all.begin(), all.end(), index,
                                      [&](parcel_index a, parcel_index b) { return older(a, b); });
  all.insert(where, index);
  return index;
}

parcel_index world::insert_foreign(std::size_t account, instant now) {
  new_parcel parcel;
  parcel.account = account;
  parcel.reference = foreign_reference(shape_.first.seed, foreign_made_++);
  return insert(std::move(parcel), now);
}

bool world::remove_foreign(std::size_t account, draw& chance) {
  std::vector<parcel_index> strangers;
  for (const auto index : lists_[account])
    if (!orders_[parcels_[index].order].known) strangers.push_back(index);
  if (strangers.empty()) return false;
  remove(strangers[static_cast<std::size_t>(chance.below(strangers.size()))]);
  return true;
}

void world::remove(parcel_index parcel) {
  auto& p = parcels_[parcel];
  if (p.removed) return;
  p.removed = true; // movable_ drops it when it is picked
  by_uuid_.erase(hash(names(p).uuid));
  std::erase(lists_[orders_[p.order].account], parcel);
  std::erase(orders_[p.order].parcels, parcel);
}

} // namespace suivi::sim
