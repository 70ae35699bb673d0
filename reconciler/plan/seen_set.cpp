// Linear probing, at most seven eighths full; large tables grow by an eighth, for they are what a sweep of a
// million parcels weighs.
#include "reconciler/plan/seen_set.hpp"

#include <functional>

namespace suivi::reconciler {
namespace {

constexpr std::uint64_t mark_bits = 63;
// A bit that every stored key has, so that no key is 0.
constexpr std::uint64_t used = 64;
constexpr std::size_t many = 4'096;

std::uint64_t key_of(std::uint64_t hash) {
  return (hash & ~mark_bits) | used;
}

std::uint64_t hash_of(char kind, std::string_view text) {
  std::uint64_t h = std::hash<std::string_view>{}(text) + static_cast<std::uint64_t>(kind);
  h ^= h >> 30; // splitmix64's finisher: every input bit reaches every output bit
  h *= 0xbf58476d1ce4e5b9u;
  h ^= h >> 27;
  h *= 0x94d049bb133111ebu;
  return h ^ (h >> 31) ? h ^ (h >> 31) : 1;
}

} // namespace

std::uint64_t identity_hash(const shipment& row) {
  if (row.uuid) return hash_of('u', *row.uuid);
  if (row.display_id) return hash_of('d', *row.display_id);
  if (row.tracking) return hash_of('t', *row.tracking);
  return hash_of('r', row.reference ? std::string_view(*row.reference) : std::string_view());
}

std::uint64_t text_hash(std::string_view text) {
  return hash_of('-', text);
}

std::size_t seen_set::part_of(std::uint64_t key) {
  return (key >> 7) % parts; // above the mark and `used`
}

std::size_t seen_set::table::slot(std::uint64_t key) const {
  // The upper half of the key, as a fraction of the table's length.
  std::size_t at = ((key >> 32) * slots.size()) >> 32;
  while (slots[at] != 0 && (slots[at] & ~mark_bits) != key) at = at + 1 == slots.size() ? 0 : at + 1;
  return at;
}

void seen_set::table::grow() {
  std::vector<std::uint64_t> old = std::move(slots);
  std::size_t more = old.size() < many ? old.size() : old.size() / 8;
  slots.assign(old.empty() ? 16 : old.size() + more, 0);
  for (std::uint64_t entry : old)
    if (entry != 0) slots[slot(entry & ~mark_bits)] = entry;
}

const std::uint64_t* seen_set::entry(std::uint64_t hash) const {
  const std::uint64_t key = key_of(hash);
  const table& in = tables_[part_of(key)];
  if (in.slots.empty()) return nullptr;
  const std::uint64_t& found = in.slots[in.slot(key)];
  return found == 0 ? nullptr : &found;
}

bool seen_set::insert(std::uint64_t hash, mark with) {
  const std::uint64_t key = key_of(hash);
  table& in = tables_[part_of(key)];
  if ((in.size + 1) * 8 > in.slots.size() * 7) in.grow();
  std::uint64_t& place = in.slots[in.slot(key)];
  if (place != 0) return false;
  place = key | (with & mark_bits);
  ++in.size;
  ++size_;
  return true;
}

bool seen_set::contains(std::uint64_t hash) const {
  return entry(hash) != nullptr;
}

seen_set::mark seen_set::find(std::uint64_t hash, mark absent) const {
  const std::uint64_t* found = entry(hash);
  return found == nullptr ? absent : static_cast<mark>(*found & mark_bits);
}

void seen_set::set(std::uint64_t hash, mark to) {
  if (insert(hash, to)) return;
  const std::uint64_t key = key_of(hash);
  table& in = tables_[part_of(key)];
  in.slots[in.slot(key)] = key | (to & mark_bits);
}

void seen_set::clear() {
  tables_ = {};
  size_ = 0;
}

bool seen_set::operator==(const seen_set& other) const {
  if (size_ != other.size_) return false;
  for (const table& in : tables_)
    for (std::uint64_t one : in.slots)
      if (one != 0 && !other.contains(one)) return false;
  return true;
}

} // namespace suivi::reconciler
