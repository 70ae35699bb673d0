// What a replay did, in the words of the API and of the command. Pure.
#pragma once

#include "common/decision/observation.hpp"

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::receiver {

struct replay_counts {
  std::uint64_t selected = 0;
  std::uint64_t applied = 0;
  std::uint64_t unchanged = 0;
  std::uint64_t stale = 0;
  std::uint64_t parked = 0;
  std::uint64_t conflict = 0;
  std::uint64_t quarantined = 0;
  std::uint64_t failed = 0;
  std::uint64_t confirming = 0;
  std::uint64_t ignored = 0;

  // An outcome's name; one that is not counted (`pending`: still in somebody's hands) counts as failed.
  void add(std::string_view outcome);
  [[nodiscard]] std::uint64_t settled() const; // all but `selected`
};

struct replay_change {
  std::string reference;
  shop::change change;
};

inline constexpr std::size_t replay_changes_max = 1'000;

struct replay_report {
  replay_counts counts;
  bool dry_run = false;
  std::vector<replay_change> changes; // of a dry run; the first replay_changes_max
};

[[nodiscard]] boost::json::object to_json(const replay_report& r);
// For people.
[[nodiscard]] std::string to_table(const replay_report& r);

} // namespace suivi::receiver
