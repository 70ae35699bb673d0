// Writes an account as JSON.
#include "receiver/api/accounts/account_json.hpp"

#include "common/json/json_text.hpp"
#include "common/json/json_values.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <utility>

namespace suivi::receiver {

namespace json = boost::json;

json::object account_json(std::string_view id, std::string_view name, bool has_key,
                          const account_record& record, json::object figures) {
  json::value problem = member(record.known, "problem");
  bool contacted = member(record.known, "heard_at") != nullptr || problem != nullptr;
  json::object o;
  o["id"] = id;
  o["name"] = name;
  o["courier"] = nullptr; // the caller knows
  o["hasCredentials"] = has_key;
  o["health"] = !has_key || problem != nullptr ? "failing" : contacted ? "ok" : "unknown";
  o["problem"] = has_key ? problem : json::value("it has no key");
  o["breaker"] = problem != nullptr ? "open" : "closed";
  o["heardAt"] = or_null(instant_in(record.known, "heard_at"));
  o["webhookHeardAt"] = or_null(instant_in(record.known, "webhook_heard_at"));
  o["completeAsOf"] = or_null(instant_in(record.known, "full_watermark"));
  o["sweeping"] = member(record.known, "leased") == true;
  auto sweep = member(record.known, "last_sweep");
  o["lastSweep"] = sweep.is_int64() ? json::value(std::to_string(sweep.get_int64())) : json::value(nullptr);
  bool checked = member(record.known, "hooks_checked_at") != nullptr;
  const json::string* hooks = figures["hooksWanted"].if_string();
  auto wanted = parse_json(hooks == nullptr ? "[]" : std::string_view(*hooks));
  o["hooks"] = {{"wanted", wanted ? std::move(*wanted) : json::value(json::array())},
                {"registered", checked ? member(record.known, "hooks_registered") : json::value(nullptr)},
                {"checkedAt", or_null(instant_in(record.known, "hooks_checked_at"))},
                {"problem", member(record.known, "hooks_problem")}};
  for (std::string_view figure : {"coverage", "untracked", "webhooks", "pace", "nextFull", "nextIncremental"})
    o[figure] = member(figures, figure);
  for (std::string_view column : {"requestCount", "successCount", "errorCount"})
    o[column] = member(record.shop, column);
  o["lastUsed"] = or_null(instant_in(record.shop, "lastUsed"));
  o["lastTestAt"] = or_null(instant_in(record.shop, "lastTestAt"));
  for (std::string_view column : {"lastTestStatus", "lastTestError"}) o[column] = member(record.shop, column);
  return o;
}

} // namespace suivi::receiver
