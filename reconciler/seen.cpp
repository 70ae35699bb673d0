// Linear probing, at most seven eighths full; large tables grow by an eighth, for they are what a sweep of a million
// parcels weighs.
#include "reconciler/seen.hpp"

#include <functional>

namespace suivi::reconciler {
namespace {

constexpr std::uint64_t mark_bits = 63;
// A bit that every stored key has, so that no key is 0.
constexpr std::uint64_t used = 64;
constexpr std::size_t many = 65'536;

std::uint64_t key_of(std::uint64_t hash) { return (hash & ~mark_bits) | used; }

std::uint64_t hash_of(char kind, std::string_view text) {
  std::uint64_t h = std::hash<std::string_view>{}(text) + static_cast<std::uint64_t>(kind);
  h ^= h >> 30; // splitmix64's finisher: every input bit reaches every output bit
  h *= 0xbf58476d1ce4e5b9u;
  h ^= h >> 27;
  h *= 0x94d049bb133111ebu;
  return h ^ (h >> 31) ? h ^ (h >> 31) : 1;
}

} // namespace

std::uint64_t identity_hash(const maystro::shipment& row) {
  if (row.uuid) return hash_of('u', *row.uuid);
  if (row.display_id) return hash_of('d', *row.display_id);
  if (row.tracking) return hash_of('t', *row.tracking);
  return hash_of('r', row.reference ? std::string_view(*row.reference) : std::string_view());
}

std::uint64_t text_hash(std::string_view text) {
  return hash_of('-', text);
}

std::size_t seen_set::slot(std::uint64_t key) const {
  // The upper half of the key, as a fraction of the table's length.
  std::size_t at = ((key >> 32) * slots_.size()) >> 32;
  while (slots_[at] != 0 && (slots_[at] & ~mark_bits) != key) at = at + 1 == slots_.size() ? 0 : at + 1;
  return at;
}

void seen_set::grow() {
  std::vector<std::uint64_t> old = std::move(slots_);
  std::size_t more = old.size() < many ? old.size() : old.size() / 8;
  slots_.assign(old.empty() ? 64 : old.size() + more, 0);
  for (std::uint64_t entry : old)
    if (entry != 0) slots_[slot(entry & ~mark_bits)] = entry;
}

bool seen_set::insert(std::uint64_t hash, mark with) {
  if ((size_ + 1) * 8 > slots_.size() * 7) grow();
  std::size_t at = slot(key_of(hash));
  if (slots_[at] != 0) return false;
  slots_[at] = key_of(hash) | (with & mark_bits);
  ++size_;
  return true;
}

bool seen_set::contains(std::uint64_t hash) const { return !slots_.empty() && slots_[slot(key_of(hash))] != 0; }

seen_set::mark seen_set::find(std::uint64_t hash, mark absent) const {
  if (slots_.empty()) return absent;
  std::uint64_t entry = slots_[slot(key_of(hash))];
  return entry == 0 ? absent : static_cast<mark>(entry & mark_bits);
}

void seen_set::set(std::uint64_t hash, mark to) {
  if (!insert(hash, to)) slots_[slot(key_of(hash))] = key_of(hash) | (to & mark_bits);
}

void seen_set::clear() {
  slots_.clear();
  slots_.shrink_to_fit();
  size_ = 0;
}

bool seen_set::operator==(const seen_set& other) const {
  if (size_ != other.size_) return false;
  for (std::uint64_t entry : slots_)
    if (entry != 0 && !other.contains(entry)) return false;
  return true;
}

} // namespace suivi::reconciler
