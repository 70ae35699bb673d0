// Everything of the simulator that may be changed while it runs, and the one list of it: flags, GET and POST
// /control/settings and their names all come from visit(). Rates are shares from 0 to 1; times are
// milliseconds.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace suivi::sim {

struct settings {
  // Movement. changes_per_second wins where it is above 0; else every parcel takes a step each 6 h / speed.
  bool moving = true;
  double changes_per_second = 0;
  double speed = 1;

  // Webhooks.
  std::string webhook_url; // beside registered hooks; `{account}` becomes the account's id; empty = none
  std::string guepex_webhook_url; // where Guepex's webhooks of all its accounts go; `{account}` likewise
  double webhook_loss = 0;
  double webhook_duplicates = 0;
  double webhook_delayed = 0;            // share of the messages that are late …
  std::int64_t webhook_delay_ms = 0;     // … by up to this, so that later ones overtake them
  std::int64_t webhook_concurrency = 16; // requests at once
  std::int64_t webhook_timeout_ms = 10'000;
  std::int64_t webhook_retry_first_ms = 200;   // doubled at each refusal …
  std::int64_t webhook_retry_most_ms = 10'000; // … up to this
  double webhook_without_reference = 0.1;      // share of bodies whose external_order_id is null
  // Relative weights of the styles, `style:weight`; see README.md.
  std::vector<std::string> webhook_styles{"pubsub_once:40",   "pubsub_twice:20", "pubsub_thrice:5",
                                          "payload_base64:8", "payload_text:4",  "data_base64:4",
                                          "bare_base64:4",    "json_string:4",   "plain:11"};
  std::vector<std::string> trigger_types{"all", "orderCreated", "OrderStatusChanged", "InventoryMovement"};
  std::vector<std::string> silent_triggers; // hooks on these never hear anything

  // What the API answers.
  std::int64_t page_size = 20;
  std::string list_envelope = "list.results"; // or results, list, bare
  std::string hooks_envelope = "results";     // or bare
  double filter_ignored = 0;                  // share of look-ups answered with the unfiltered first page
  bool unknown_unfiltered = false;            // so is every look-up of a reference that is not there
  std::int64_t lag_ms = 0;                    // answers show the state this long ago
  std::int64_t clock_skew_ms = 0;             // the courier's clock less ours
  std::int64_t count_lie = 0;                 // added to `count`
  double shift_insert = 0;                    // chance that a parcel is inserted while a page is asked for
  double shift_remove = 0;                    // chance that one (unknown to the shop) is removed

  // Faults of the API.
  std::int64_t latency_ms = 0;
  std::int64_t jitter_ms = 0;
  double fail = 0;                      // share of requests that fail …
  std::vector<std::int64_t> fail_pages; // … beside list pages that always do
  std::vector<std::string> fail_kinds{"html", "cut", "truncated", "envelope", "error200"}; // equally often
  double throttle = 0;                  // share of requests answered 429
  std::int64_t requests_per_second = 0; // for each token; more are answered 429; 0 = no limit
  std::int64_t retry_after_s = 1;
  bool retry_after_date = false;           // as a date instead of seconds
  std::vector<std::string> refused_tokens; // answered 401 though they are right
};

template <class Settings, class Visitor>
void visit(Settings& s, Visitor&& each) {
#define SUIVI_SIM_SETTING(name) each(#name, s.name)
  SUIVI_SIM_SETTING(moving);
  SUIVI_SIM_SETTING(changes_per_second);
  SUIVI_SIM_SETTING(speed);
  SUIVI_SIM_SETTING(webhook_url);
  SUIVI_SIM_SETTING(guepex_webhook_url);
  SUIVI_SIM_SETTING(webhook_loss);
  SUIVI_SIM_SETTING(webhook_duplicates);
  SUIVI_SIM_SETTING(webhook_delayed);
  SUIVI_SIM_SETTING(webhook_delay_ms);
  SUIVI_SIM_SETTING(webhook_concurrency);
  SUIVI_SIM_SETTING(webhook_timeout_ms);
  SUIVI_SIM_SETTING(webhook_retry_first_ms);
  SUIVI_SIM_SETTING(webhook_retry_most_ms);
  SUIVI_SIM_SETTING(webhook_without_reference);
  SUIVI_SIM_SETTING(webhook_styles);
  SUIVI_SIM_SETTING(trigger_types);
  SUIVI_SIM_SETTING(silent_triggers);
  SUIVI_SIM_SETTING(page_size);
  SUIVI_SIM_SETTING(list_envelope);
  SUIVI_SIM_SETTING(hooks_envelope);
  SUIVI_SIM_SETTING(filter_ignored);
  SUIVI_SIM_SETTING(unknown_unfiltered);
  SUIVI_SIM_SETTING(lag_ms);
  SUIVI_SIM_SETTING(clock_skew_ms);
  SUIVI_SIM_SETTING(count_lie);
  SUIVI_SIM_SETTING(shift_insert);
  SUIVI_SIM_SETTING(shift_remove);
  SUIVI_SIM_SETTING(latency_ms);
  SUIVI_SIM_SETTING(jitter_ms);
  SUIVI_SIM_SETTING(fail);
  SUIVI_SIM_SETTING(fail_pages);
  SUIVI_SIM_SETTING(fail_kinds);
  SUIVI_SIM_SETTING(throttle);
  SUIVI_SIM_SETTING(requests_per_second);
  SUIVI_SIM_SETTING(retry_after_s);
  SUIVI_SIM_SETTING(retry_after_date);
  SUIVI_SIM_SETTING(refused_tokens);
#undef SUIVI_SIM_SETTING
}

[[nodiscard]] boost::json::object to_json(const settings& s);
// Applies the named members to `s`. All or nothing: the answer is what is wrong (unknown name, wrong type or
// value).
[[nodiscard]] std::optional<std::string> apply(settings& s, const boost::json::object& changes);
// The same for one whole set of settings.
[[nodiscard]] std::optional<std::string> wrong(const settings& s);

} // namespace suivi::sim
