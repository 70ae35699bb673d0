// One line for each address.
#include "receiver/web/operations_routes.hpp"

#include <array>
#include <initializer_list>

namespace suivi::receiver {
namespace {

constexpr std::string_view root = "/api/v1/";
constexpr std::string_view any = "{}";

struct address {
  std::string_view method;
  std::array<std::string_view, 4> parts; // below /api/v1; empty: no such part
  receiver::operation operation;
};

constexpr std::array addresses{
    address{"GET", {"webhooks", "events"}, operation::list_events},
    address{"GET", {"webhooks", "stats"}, operation::event_stats},
    address{"POST", {"webhooks", "events", any, "retry"}, operation::retry_event},
    address{"DELETE", {"webhooks", "events", any}, operation::delete_event},
    address{"POST", {"webhooks", "replay"}, operation::replay},
    address{"GET", {"coverage"}, operation::coverage},
    address{"GET", {"orders", any}, operation::show_order},
    address{"GET", {"sweeps"}, operation::list_sweeps},
    address{"POST", {"sweeps"}, operation::ask_for_sweep},
    address{"GET", {"sweeps", any}, operation::show_sweep},
    address{"GET", {"accounts"}, operation::list_accounts},
    address{"POST", {"accounts", any, "test"}, operation::test_account},
    address{"GET", {"scheduler", "status"}, operation::scheduler_status},
    address{"POST", {"scheduler", "trigger", "shipping"}, operation::trigger_shipping},
    address{"GET", {"stream"}, operation::stream},
};

// `path` begins with api, v1.
bool fits(const std::vector<std::string>& path, const address& a, std::string& subject) {
  std::size_t parts = 0;
  while (parts < a.parts.size() && !a.parts[parts].empty()) ++parts;
  if (path.size() != parts + 2) return false;
  for (std::size_t i = 0; i < parts; ++i) {
    const auto& segment = path[i + 2];
    if (a.parts[i] == any)
      subject = segment;
    else if (a.parts[i] != segment)
      return false;
  }
  return true;
}

} // namespace

bool is_operations_address(std::string_view target) {
  if (!target.starts_with(root)) return false;
  auto path = target.substr(root.size());
  path = path.substr(0, path.find('?'));
  return path != "webhooks/maystro" && path != "webhooks/maystro/";
}

operation_route find_operation(const http::request& request) {
  operation_route found;
  auto target = http::parse_target(request.target);
  if (!target) {
    // Only its query may be at fault: that is told apart from an address that is none.
    target = http::parse_target(std::string_view(request.target).substr(0, request.target.find('?')));
    found.query_is_malformed = true;
  }
  if (!target || target->segments.size() < 3 || target->segments[0] != "api" || target->segments[1] != "v1")
    return found;
  for (const auto& a : addresses) {
    std::string subject;
    if (!fits(target->segments, a, subject)) continue;
    if (!found.allowed.empty()) found.allowed += ", ";
    found.allowed += a.method;
    bool head = a.method == "GET" && request.method == "HEAD"; // as GET, and the server leaves the body out
    if (a.method == "GET") found.allowed += ", HEAD";
    if (request.method != a.method && !head) continue;
    found.operation = a.operation;
    found.subject = std::move(subject);
  }
  found.target = std::move(*target);
  return found;
}

} // namespace suivi::receiver
