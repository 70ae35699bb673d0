// What `doctor` looks at: plain facts, collected before anything is judged.
#pragma once

#include "common/base/error.hpp"
#include "common/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace suivi::reconciler {

struct hook_facts {
  std::optional<error> failed; // the courier could not be asked
  std::vector<std::string> registered, missing;
  bool nothing_listed = false; // the courier lists no trigger that would serve
};

struct sweep_facts {
  instant started_at{};
  bool complete = false, running = false;
  std::string reason;
};

struct account_facts {
  std::string id, name;
  bool has_key = true;
  std::optional<error> key;                  // of the test request; none: accepted
  std::optional<milliseconds> courier_ahead; // its Date less our clock
  std::optional<hook_facts> hooks;           // none: receiver.public_url is not set, or the key is refused
  std::optional<instant> heard_at;           // its last webhook
  std::int64_t missed = 0;                   // changes since that no webhook told
  std::optional<sweep_facts> last_full;      // the last one that was begun
  std::optional<instant> complete_as_of;     // of the last complete full sweep
  std::int64_t without_tracking = 0;         // orders of the account older than a day, of these …
  std::int64_t orders = 0;
  std::optional<std::int64_t> parcels_gone; // none: no sweep of the whole list was complete
};

struct column_fact {
  std::string table, column;
};

struct event_facts {
  std::int64_t parked = 0, parked_long = 0;                // long: more than a day
  std::int64_t failed = 0, conflicts = 0, quarantined = 0; // the last two: in the last seven days
  std::int64_t overdue = 0; // durable for more than a minute and nobody applies them
};

// By name, of those that webhooks and the journal need now and next.
struct partition_facts {
  std::vector<std::string> missing;
  std::vector<std::string> strays; // default partitions that are not empty
};

struct receiver_facts {
  std::string database; // up, down, behind
  std::int64_t spooled = 0;
  std::optional<std::chrono::seconds> oldest_spooled; // how long it has been there; none: not known
};

struct doctor_facts {
  instant now{};
  std::optional<error> database;      // could not be reached
  std::optional<error> schema_error;  // a newer one, say
  std::optional<int> scripts_missing; // none: not known
  bool orders_table = false;
  std::vector<column_fact> columns_missing;
  bool account_tables = false; // shipping_companies and shipping_accounts
  bool company = false, company_active = false;
  std::vector<std::string> companies_alike; // slugs of rows that may be meant where there is none
  std::int64_t inactive_accounts = 0;
  bool accounts_from_environment = false;
  std::vector<account_facts> accounts;
  bool public_url_set = false, public_url_https = false;
  std::int64_t orders_without_account = 0, adopted = 0, contested = 0;
  bool adopt_unassigned = true;
  std::optional<event_facts> events;
  std::optional<partition_facts> partitions;
  std::optional<milliseconds> database_ahead; // its clock less ours
  std::optional<receiver_facts> receiver;     // none: it does not answer here
  std::string receiver_address, reconciler_address;
  std::vector<std::string> workers_alive; // that showed themselves in the database lately
  bool reconciler_answers = false;
  bool sweep_leased = false;        // somebody sweeps right now
  std::optional<instant> sweep_due; // the last scheduled time that has passed
};

} // namespace suivi::reconciler
