// The courier's status codes and the texts the shop stores for them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace suivi::maystro {

struct status {
  int code;
  std::string_view constant; // DELIVERED
  std::string_view text;     // LIVRÉ, exactly as the shop's tables hold it
};

// The 18 known ones, by code.
[[nodiscard]] std::span<const status> all_statuses();

// The shop's text; `INCONNU (n)` for a code nobody has seen.
[[nodiscard]] std::string status_text(int code);

inline constexpr int created = 4;
inline constexpr int pending = 11;
inline constexpr int delivered = 41;
inline constexpr int aborted = 50;
inline constexpr int ready_to_return = 51;
inline constexpr int taken_by_store = 52;
inline constexpr int not_received = 53;
inline constexpr int in_transit_to_be_returned = 10;

// 41, 50, 52, 53: what an untimed webhook must not take a parcel out of, and what an unsigned one must not
// claim alone where receiver.confirm = "terminal".
[[nodiscard]] bool is_terminal(int code);
// `code` belongs to an earlier leg of a parcel's way than `than`: at the shop and the warehouse (4, 5, 6, 12,
// 15), between hubs (8, 9), out for delivery (22, 31, 32, 42), on the way back (51, 10), at its end. 11,
// which may be anywhere, and unknown codes belong to none. 4, with which it begins, is before all others that
// are known.
[[nodiscard]] bool is_earlier_leg(int code, int than);
// 50, 51, 10, 52, 53: a parcel that goes back; an order shipped again shows another one.
[[nodiscard]] bool is_returning(int code);

} // namespace suivi::maystro
