// What `doctor` looks at: plain facts, collected before anything is judged.
//
// A fact that is absent was not looked at, because an earlier one made it pointless, or could not be: then it
// stands in `failed_looks`, which is a FAIL of its own. Nothing that could not be looked at reads as zero.
// Ages of what the database tells are by the database's clock (`now`).
#pragma once

#include "common/base/error.hpp"
#include "common/base/time.hpp"
#include "common/shipment/courier.hpp"
#include "reconciler/doctor/checks/clock.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace suivi::reconciler {

struct failed_read {
  std::string check;
  std::optional<std::string> account;
  error why;
};

struct session_facts {
  std::string database, role;
  bool read_only = false, standby = false;
  std::string synchronous_commit = "on"; // in our own session
  bool asynchronous_by_default = false;  // this database's or role's own setting is `off`
  std::string read_only_by =
      {}; // whose setting that is, as ALTER names it: ROLE suivi; empty: the server's own
};

struct column_fact {
  std::string table, column;
  std::string type;   // as it is; empty where it does not matter
  std::string needed; // as it has to be
};

struct table_facts {
  std::string schema; // the one that database.url means
  bool schema_there = true, orders = false, account_tables = false;
  std::optional<std::string> used_schema;  // where the programs' own statements find `orders`
  std::vector<std::string> elsewhere;      // other schemas with such a table
  bool columns_known = false;              // the lists below were looked at
  std::vector<column_fact> missing, unfit; // columns
  std::vector<column_fact> narrow;         // texts that may be longer than the column takes
  std::vector<column_fact> padded;         // character(n)
  std::vector<column_fact> caseless;       // citext, where it is searched
  std::vector<column_fact> not_null;       // columns that have to be cleared at times
  [[nodiscard]] bool usable() const { return orders && columns_known && missing.empty(); }
};

enum class right_of { database, schema, table, column, sequence, function };

struct missing_right {
  right_of kind = right_of::table;
  std::string schema, object, column; // as they fit
  std::string privilege;              // SELECT
  bool optional = false;              // one command needs it, and no order depends on it
};

struct right_facts {
  std::string role;
  std::vector<missing_right> missing;
  std::vector<std::string> not_owned; // what migrations could not change: TABLE suivi.parcel, FUNCTION …
  std::optional<std::vector<std::string>> guarded =
      std::nullopt;                // the shop's tables of which a policy may hide rows
  bool old_events_guarded = false; // webhook_events, which one command needs
};

struct company_facts {
  std::vector<std::string> active, inactive;        // slugs of companies whose courier is served
  std::vector<std::string> alike;                   // of others that may be meant to be such
  std::int64_t accounts = 0, inactive_accounts = 0; // of those that are served
  std::map<std::string, std::int64_t> others;       // active accounts of other couriers, by slug
};

struct inactive_account_facts {
  std::string id, name;
  std::int64_t open_orders = 0;
};

struct hook_facts {
  std::vector<std::string> registered, missing; // triggers
  bool nothing_listed = false;                  // the courier lists no trigger that would serve
  std::vector<std::string> at_old_address;      // triggers served by hooks at the old addresses
  bool old_address_has_secret = false;          // all of those carry a secret that the receiver takes
};

struct webhook_facts {
  std::optional<instant> last_webhook_at; // its last webhook
  std::int64_t missed = 0;                // changes since that no webhook told
};

struct sweep_facts {
  instant started_at{};
  bool complete = false;
  std::string reason;
  std::int64_t conflicts = 0, refused = 0;
};

struct sweep_standing {
  std::optional<sweep_facts> last_full; // that has ended, or was killed
  std::optional<sweep_facts> last_incremental;
  std::optional<instant> running_since;  // a full one
  std::optional<instant> complete_as_of; // start of the last complete full sweep
};

struct untracked_facts {
  std::int64_t orders = 0;    // of the account, older than six hours, that should be tracked
  std::int64_t untracked = 0; // of these, without tracking number
  std::optional<std::int64_t> unknown_to_courier; // of these, asked for by reference and not there
};

struct open_parcel_facts {
  std::int64_t open = 0;
  std::optional<instant> oldest_pull;
};

// Of a courier that allows so many requests: how often in a row it refused more, and until when nobody asks.
struct quota_facts {
  std::int64_t lockouts = 0;
  std::optional<instant> locked_at, closed_until;
};

struct account_facts {
  std::string id, name;
  std::string courier{slug(default_courier)};
  std::string credential_names = "token under `apiKey`";
  std::string base_url_setting = "maystro.base_url";
  bool lists_parcels = true; // else parcels are read by their tracking numbers
  bool reported_by_reference = true;
  bool registers_hooks = true; // its webhooks are registered by the API
  bool has_webhooks = true;
  bool has_signed_webhooks = false; // these name their account
  bool has_key = true;
  bool was_read = false;                         // the courier, to the end of what was to be asked
  std::optional<error> key;                      // of the test request; none: accepted
  std::vector<std::string> same_key;             // other accounts with the same key
  std::optional<clock_interval> courier_clock;   // ahead of ours
  std::vector<std::string> listed_references;    // of the courier's first page
  std::map<std::string, std::int64_t> listed_of; // how many of them are orders of which account
  bool listed_compared = false;
  std::optional<hook_facts> hooks; // none: receiver.public_url is not set, or the key is refused
  std::optional<webhook_facts> webhooks;
  std::optional<sweep_standing> sweeps;
  std::optional<quota_facts> quota; // none: it was never asked, or has none
  std::optional<untracked_facts> tracking;
  std::optional<std::int64_t> never_read; // orders with a number or id, without parcel here, not final
  std::int64_t numbers_unknown = 0;       // of these, the courier was asked for the number and has it not
  std::int64_t not_listed = 0; // of these, older than the last sweep of the whole list, which had none
  std::optional<std::int64_t> parcels_gone; // none: no sweep of the whole list was complete
  std::optional<open_parcel_facts> open_parcels;
};

struct unassigned_facts {
  std::int64_t orders = 0, adopted = 0, contested = 0; // without account
  std::optional<std::int64_t> never_read;
  bool adoptions_known = true; // false: what was adopted, contested or read is not known yet
};

// Stores of the old back office that know their account.
struct store_link_facts {
  std::string schema, column;         // of api_configurations, that orders."storeIdentifier" names
  std::int64_t orders = 0;            // without account whose store has one
  std::int64_t undecided = 0;         // whose store has several
  std::vector<missing_right> missing; // rights to look
};

struct blank_facts {
  std::int64_t orders = 0;
  std::vector<std::string> examples; // references, quoted
};

struct waiting_facts {
  std::int64_t parked = 0, parked_long = 0; // long: more than a day
  std::int64_t failed = 0;                  // tried again, or given up
  std::int64_t overdue = 0;                 // durable for more than a minute and nobody applies them
};

struct refused_facts {
  std::int64_t conflicts = 0, quarantined = 0; // as long as they are kept
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
  std::optional<bool> spool_usable;                   // none: not known
  std::optional<std::uint64_t> spool_bytes;
};

struct worker_facts {
  std::string owner;
  instant last_sign{};
  bool stopped = false; // it said good-bye then
};

enum class listener { nobody, ours, stranger };

struct doctor_facts {
  instant now{};
  std::vector<failed_read> failed_reads;
  std::optional<error> database; // could not be reached
  std::optional<session_facts> session;
  std::optional<clock_interval> database_clock;      // ahead of ours
  std::optional<error> schema_error;                 // a newer one, say
  std::optional<int> scripts_missing;                // none: not known
  std::int64_t schema_version = 0, schema_known = 0; // the database's; the last that this program knows
  std::vector<std::string> scripts_edited;           // ran with other words than this program's
  std::optional<table_facts> tables;
  std::optional<right_facts> rights;
  std::optional<company_facts> company;
  std::vector<inactive_account_facts> inactive_with_orders;
  bool accounts_known = true; // false: they could not be read
  bool accounts_from_environment = false;
  std::optional<std::int64_t> open_orders_with_account; // where the accounts are the environment's
  std::vector<account_facts> accounts;
  bool public_url_set = false, public_url_https = false;
  std::optional<unassigned_facts> unassigned;
  std::optional<store_link_facts> store_links;
  std::optional<blank_facts> blanks;
  std::optional<blank_facts> spelled_otherwise; // by the courier: letter case, or the form of accents
  bool adopt_unassigned = true;
  std::optional<waiting_facts> waiting;
  std::optional<refused_facts> refused;
  std::optional<partition_facts> partitions;
  std::optional<receiver_facts> receiver; // none: it does not answer here
  std::uint64_t spool_bytes_max = 0;
  std::string receiver_address, reconciler_address;
  listener at_receiver_address = listener::nobody, at_reconciler_address = listener::nobody;
  std::optional<std::vector<worker_facts>> workers; // newest sign of life first
  std::optional<std::chrono::minutes> longest_gap;  // between two scheduled full sweeps; none: none scheduled
  std::optional<instant> sweep_due;                 // the last scheduled time that has passed
};

} // namespace suivi::reconciler
