// A compact set of parcels by the 64-bit hash of their identity, each with a small mark: what a sweep
// remembers of the rows it has read, so that its memory stays flat (about 10 bytes a parcel; open addressing,
// no deletion).
#pragma once

#include "common/shipment/shipment.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace suivi::reconciler {

// The hash of a row's strongest identity (uuid, display id, tracking, reference); never 0. Different kinds of
// identity never hash alike by accident of the same text.
[[nodiscard]] std::uint64_t identity_hash(const shipment& row);

// The hash of any text, mixed alike; never 0.
[[nodiscard]] std::uint64_t text_hash(std::string_view text);

class seen_set {
 public:
  using mark = std::uint8_t; // 0 to 63

  // True if it was not there. A mark of one already there is left alone.
  bool insert(std::uint64_t hash, mark with = 0);
  [[nodiscard]] bool contains(std::uint64_t hash) const;
  // The mark of a hash that is there, else `absent`.
  [[nodiscard]] mark find(std::uint64_t hash, mark absent) const;
  void set(std::uint64_t hash, mark to); // inserts if need be
  [[nodiscard]] std::size_t size() const { return size_; }
  void clear();

  [[nodiscard]] bool operator==(const seen_set& other) const; // the same hashes, whatever the marks

 private:
  // One growing table would be there twice while it grows.
  struct table {
    [[nodiscard]] std::size_t slot(std::uint64_t key) const;
    void grow();

    std::vector<std::uint64_t> slots; // hash with its lowest six bits replaced by the mark; 0 = free
    std::size_t size = 0;
  };
  static constexpr std::size_t parts = 16;
  [[nodiscard]] static std::size_t part_of(std::uint64_t key);
  [[nodiscard]] const std::uint64_t* entry(std::uint64_t hash) const; // nullptr: not there

  std::array<table, parts> tables_;
  std::size_t size_ = 0;
};

} // namespace suivi::reconciler
