// A courier's truth over time, as random cases make it, and what may be heard of it: each change by a webhook
// (or none, or several), any moment by a pull of an API that lags. Plain values, so that a failing case
// shrinks and prints.
#pragma once

#include "common/decision/observation.hpp"
#include "tests/postgres/door/courier_words.hpp"

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace suivi::test {

inline constexpr milliseconds api_lag{10'000};

struct moved {
  int parcel;   // taken modulo the number of parcels
  int after_s;  // seconds since the change before
  int status;   // index into the courier's states
  bool alerted; // with an alert reason, else the field is null; where the courier tells reasons
};

// `foreign`: another account's pull; `elsewhere`: that of an account at another courier, whose parcel has the
// same number.
enum class hearing { webhook, untimed, pull, replay, foreign, elsewhere };

struct heard {
  hearing how;
  int which;      // index of the change, modulo; pulls: of the one around which it was asked
  int at_s;       // how long after the change it was received; pulls: modulo 35, less 15, when it was asked
  int jitter_ms;  // pulls: how far within the time it covers the state shown lies
  bool with_next; // goes to the door in one call with the one that follows
};

struct history {
  courier_kind courier;
  std::vector<int> parcels; // of which order each is; at least one
  std::vector<moved> changes;
  std::vector<heard> tellings; // in order of arrival
  int sweep_after_s;           // the last sweep begins that long after the last change and the last pull
  bool confirms;               // a webhook's terminal state waits for a read that agrees
  bool looks_first;            // the door decides without locks on what changes nothing
};

std::ostream& operator<<(std::ostream& out, const history& h);

// The history on a clock, with ids of its own: several may be played in one database.
class courier_history {
 public:
  courier_history(history of, int number);

  [[nodiscard]] const courier_words& words() const { return words_of(of_.courier); }
  [[nodiscard]] const parcel_state& state_of(const moved& movement) const {
    return words().states[static_cast<std::size_t>(movement.status)];
  }
  [[nodiscard]] int orders() const;
  [[nodiscard]] std::string reference(int order) const;
  [[nodiscard]] const std::vector<int>& parcels() const { return of_.parcels; }
  [[nodiscard]] int parcel_with(const std::string& uuid) const;
  [[nodiscard]] int parcels_of(int order) const;
  // The one an order shall show in the end.
  [[nodiscard]] int current_parcel(int order) const;
  [[nodiscard]] std::string uuid(int parcel) const;
  [[nodiscard]] std::string tracking(int parcel) const;
  [[nodiscard]] std::optional<moved> state(int parcel, instant when) const; // none before it was made

  // What the shop writes down itself; none where the courier is asked by reference.
  [[nodiscard]] std::optional<std::string> shops_number(int order) const;
  // What the door is told; none where there was nothing to tell yet.
  [[nodiscard]] std::optional<shop::observation> tell(const heard& one) const;
  [[nodiscard]] std::optional<shop::observation> pull(int parcel, instant requested_at,
                                                      milliseconds visible_after, shop::pull_kind kind) const;
  [[nodiscard]] instant last_change() const;
  // Of two pulls the one asked for later counts, though the API may have lagged in that one only; so a sweep
  // speaks for itself where no later pull was told of before it.
  [[nodiscard]] instant sweep_at() const;
  [[nodiscard]] bool confirms() const { return of_.confirms; }
  [[nodiscard]] bool looks_first() const { return of_.looks_first; }

 private:
  [[nodiscard]] instant requested_at(const heard& one) const; // of a pull

  struct timed {
    int parcel;
    instant when;
    moved movement;
  };

  [[nodiscard]] shop::observation base(int parcel, const moved& movement) const;
  [[nodiscard]] instant made(int parcel) const;
  [[nodiscard]] instant since(int parcel, instant visible_at) const;

  history of_;
  int number_;
  std::vector<timed> changes_;
};

} // namespace suivi::test
