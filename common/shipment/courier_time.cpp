// A time reads with Algiers' offset where it has none of its own.
#include "common/shipment/courier_time.hpp"

namespace suivi {

std::optional<instant> parse_courier_time(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  constexpr std::size_t day_length = std::string_view("2026-01-31").size();
  if (text.size() == day_length) return parse_instant(std::string(text) + " 00:00:00+01:00");
  // Where the text has an offset, a second one makes it unreadable.
  if (std::optional<instant> local = parse_instant(std::string(text) + "+01:00")) return local;
  return parse_instant(text);
}

std::string algiers_day(instant time) {
  return format_instant(time + algiers_ahead).substr(0, std::string_view("2026-01-31").size());
}

} // namespace suivi
