// Names of sources and outcomes as logs, API and SQL show them.
#include "common/decision/observation.hpp"

namespace suivi::shop {

std::string_view to_string(source s) {
  switch (s) {
  case source::webhook:
    return "webhook";
  case source::sweep:
    return "sweep";
  case source::lookup:
    return "lookup";
  case source::confirm:
    return "confirm";
  case source::replay:
    return "replay";
  }
  return "unknown";
}

bool is_pull(as_of::shape kind) {
  return kind == as_of::shape::interval || kind == as_of::shape::stated_row ||
         kind == as_of::shape::stated_answer;
}

std::string_view to_string(outcome o) {
  switch (o) {
  case outcome::applied:
    return "applied";
  case outcome::unchanged:
    return "unchanged";
  case outcome::stale:
    return "stale";
  case outcome::unmatched:
    return "unmatched";
  case outcome::conflict:
    return "conflict";
  case outcome::in_doubt:
    return "in_doubt";
  case outcome::busy:
    return "busy";
  }
  return "unknown";
}

std::string without_blanks_around(std::string_view reference) {
  constexpr std::string_view blanks = " \t\r\n\f\v";
  std::size_t begin = reference.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return std::string(reference.substr(begin, reference.find_last_not_of(blanks) + 1 - begin));
}

bool is_reference(const std::optional<std::string>& reported, std::string_view requested) {
  return reported && (*reported == requested || without_blanks_around(*reported) == requested);
}

} // namespace suivi::shop
