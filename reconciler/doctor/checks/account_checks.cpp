// One function for each check, each with its remedy.
#include "reconciler/doctor/checks/account_checks.hpp"

#include "common/sqlstate/sqlstate.hpp"
#include "common/verdict/problems.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace suivi::reconciler {
namespace {

using enum check_result;

// A full sweep of the largest shops takes minutes; one that runs for so long hangs.
constexpr auto sweep_hangs = std::chrono::hours(2);

void check_key(checks& to, const account_facts& a) {
  std::string token = "the courier's " + a.credential_names;
  std::string row = fmt::format("\"credentials\" of the account `{}` in shipping_accounts", a.id);
  if (!a.has_key)
    add(to, "key_refused", a, fail, "the account has no key", fmt::format("Put {} into {}.", token, row));
  else if (a.key && a.key->code == "courier:unauthorized")
    add(to, "key_refused", a, fail, fmt::format("the courier refuses the key: {}", to_string(*a.key)),
        fmt::format("Take a new token from the courier's dashboard, and put {} into {}.", token, row));
  else if (a.key && a.key->code == "courier:throttled")
    add(to, "courier", a, warn, fmt::format("the courier is asked nothing now: {}", to_string(*a.key)),
        "Nothing is to be done here: it is asked again when it has been left alone for so long. See whether "
        "another program asks with the same key.");
  else if (a.key && (!pg::sqlstate_of(*a.key).empty() || a.key->code.starts_with("pg:"))) // it keeps quotas
    add(to, "courier", a, fail,
        fmt::format("the courier was not asked, for the database refused: {}", to_string(*a.key)),
        std::string(remedy_of(*a.key)));
  else if (a.key)
    add(to, "courier", a, fail, fmt::format("the courier could not be asked: {}", to_string(*a.key)),
        fmt::format("Check {} (and \"baseUrl\" of the account), the network and maystro.request_timeout, "
                    "then run `suivi-reconciler doctor` again.",
                    a.base_url_setting));
  else if (!a.was_read)
    add(to, "courier", a, fail, "the courier did not answer all questions in time",
        "Check the network and how loaded the courier is, then run `suivi-reconciler doctor` again.");
  else
    add(to, "key_refused", a, pass, "the courier accepts the key");
}

// Lock-outs grow with each request too many: one a day is a reason to look who else asks.
void check_quota(checks& to, const doctor_facts& f, const account_facts& a) {
  if (!a.quota) return;
  const quota_facts& q = *a.quota;
  std::string remedy =
      "See whether another program asks with the same key; Suivi's own keep to the quotas "
      "together. Nothing is to be done here: sweeps go on when the courier takes requests again.";
  bool lately = q.locked_at && f.now - *q.locked_at < std::chrono::hours(24);
  if (q.closed_until && *q.closed_until > f.now)
    add(to, "requests left", a, warn,
        fmt::format("locked out: the courier answered 429 {} time(s) in a row, and is asked nothing until {}",
                    q.lockouts, format_instant(*q.closed_until)),
        remedy);
  else if (lately)
    add(to, "requests left", a, warn,
        fmt::format("the courier last refused a request as one too many {}", age(*q.locked_at, f.now)),
        remedy);
  else
    add(to, "requests left", a, pass, "the courier refused no request as one too many within a day");
}

void check_key_owner(checks& to, const account_facts& a) {
  std::string row = fmt::format("\"credentials\" of the account `{}` in shipping_accounts", a.id);
  if (!a.same_key.empty()) {
    add(to, "key owner", a, fail,
        fmt::format("the account has the same key as `{}`", fmt::join(a.same_key, "`, `")),
        fmt::format("Put each account's own {} into its \"credentials\"; here into {}.", a.credential_names,
                    row));
    return;
  }
  if (!a.listed_compared) return;
  std::int64_t own = 0, highest = 0;
  std::string owner;
  for (const auto& [account, count] : a.listed_of) {
    if (account == a.id)
      own = count;
    else if (!account.empty() && count > highest)
      highest = count, owner = account;
  }
  if (highest > own)
    add(to, "key owner", a, fail,
        fmt::format(
            "of the courier's newest parcels under this key, {} belong to orders of the account `{}`, "
            "and {} to its own",
            highest, owner, own),
        fmt::format("The keys of the two accounts look swapped: put each account's own {} into its "
                    "\"credentials\"; here into {}.",
                    a.credential_names, row));
  else
    add(to, "key owner", a, pass, "the courier lists no other account's orders under this key");
}

void check_hooks(checks& to, const doctor_facts& f, const account_facts& a) {
  std::string ensure = fmt::format("Run `suivi-reconciler hooks ensure --account {}`.", a.id);
  if (!a.registers_hooks) return;
  if (!f.public_url_set) {
    add(to, "hooks_missing", a, warn,
        "it is not known under which address the courier would reach the receiver",
        "Set receiver.public_url, then run `suivi-reconciler hooks ensure`.");
    return;
  }
  if (!a.hooks) return;
  const hook_facts& h = *a.hooks;
  bool has_recent = a.webhooks && a.webhooks->last_webhook_at && a.webhooks->missed == 0;
  std::string registered = fmt::format("registered: {}", fmt::join(h.registered, ", "));
  if (h.nothing_listed)
    add(to, "hooks_missing", a, warn, "the courier lists no trigger that tells of an order's state",
        "Ask the courier for webhooks of this account; until then scheduled sweeps (reconciler.schedule) "
        "find every change.");
  else if (h.missing.empty() && !f.public_url_https)
    add(to, "hooks_missing", a, warn,
        "registered, but receiver.public_url is not https, which the courier asks for",
        "Set receiver.public_url to the https address, then run `suivi-reconciler hooks ensure`.");
  else if (h.missing.empty())
    add(to, "hooks_missing", a, pass, registered);
  else if (h.at_old_address.empty())
    add(to, "hooks_missing", a, warn, fmt::format("not registered: {}", fmt::join(h.missing, ", ")), ensure);
  else if (h.old_address_has_secret || has_recent)
    add(to, "hooks_missing", a, pass,
        fmt::format("registered at the receiver's old address: {}", fmt::join(h.at_old_address, ", ")));
  else
    add(to, "hooks_missing", a, warn,
        fmt::format("registered at the receiver's old address, without its secret: {}",
                    fmt::join(h.at_old_address, ", ")),
        "Let the proxy before the receiver add `X-Webhook-Secret`; or remove these hooks in the courier's "
        "dashboard, and run `suivi-reconciler hooks ensure` only then, for both together would double every "
        "webhook.");
}

void check_last_webhook(checks& to, const doctor_facts& f, const account_facts& a) {
  if (!a.webhooks || !a.has_webhooks) return;
  const webhook_facts& w = *a.webhooks;
  bool any = a.hooks && (!a.hooks->registered.empty() || !a.hooks->at_old_address.empty());
  bool registered = any && (a.hooks->missing.empty() || !a.hooks->at_old_address.empty());
  std::string by_hand = fmt::format(
      "Run `suivi-reconciler hooks list --account {}`: it says when the courier last asked and sent. "
      "Register "
      "the address that it prints in the courier's dashboard, anew where the courier has switched it off.",
      a.id);
  std::string ensure = fmt::format("Run `suivi-reconciler hooks ensure --account {}`.", a.id);
  std::string test =
      fmt::format("Run `suivi-reconciler hooks test --account {}` and see whether a request reaches the "
                  "receiver at receiver.public_url.",
                  a.id);
  if (!a.registers_hooks) ensure = test = by_hand;
  if (!w.last_webhook_at && w.missed > 0)
    add(to, "webhooks_silent", a, warn,
        fmt::format("no webhook ever came, and sweeps found {} change(s) that none told", w.missed),
        registered ? test : ensure);
  else if (!w.last_webhook_at)
    add(to, "webhooks_silent", a, registered ? warn : pass, "no webhook has come yet", test);
  else if (verdict::is_silent(w.last_webhook_at, w.missed, f.now))
    add(to, "webhooks_silent", a, warn,
        fmt::format("silent: the last webhook came {}, and sweeps found {} change(s) since",
                    age(*w.last_webhook_at, f.now), w.missed),
        test);
  else
    add(to, "webhooks_silent", a, pass,
        fmt::format("the last webhook came {}", age(*w.last_webhook_at, f.now)));
}

// Whether the last complete one is as young as the schedule promises, at any moment of the day.
void check_late(checks& to, const doctor_facts& f, const account_facts& a) {
  const sweep_standing& s = *a.sweeps;
  std::string worker = "Keep `suivi-reconciler run` running, or run `suivi-reconciler sweep` now.";
  std::string as_of =
      s.complete_as_of ? fmt::format("the last complete full sweep began {}", age(*s.complete_as_of, f.now))
                       : std::string("no full sweep was complete yet");
  bool old =
      s.complete_as_of && f.longest_gap && f.now - *s.complete_as_of > *f.longest_gap + verdict::sweep_grace;
  bool missed = f.sweep_due && f.now - *f.sweep_due > verdict::sweep_grace &&
                (!s.complete_as_of || *s.complete_as_of < *f.sweep_due);
  if (s.running_since && f.now - *s.running_since > sweep_hangs)
    add(to, "sweep_late", a, fail,
        fmt::format("a full sweep has been running for {}; {}", span(*s.running_since, f.now), as_of),
        "See in the log of `suivi-reconciler run` what it waits for, and restart it; sweeps begin anew "
        "then.");
  else if (!s.last_full && !s.running_since)
    add(to, "sweep_late", a, warn, "there was no full sweep yet", worker);
  else if (s.running_since && !old)
    add(to, "sweep_late", a, pass, fmt::format("one is running; {}", as_of));
  else if (!s.complete_as_of)
    add(to, "sweep_late", a, fail, as_of, fmt::format("Run `suivi-reconciler sweep --account {}`.", a.id));
  else if (old)
    add(to, "sweep_late", a, fail,
        fmt::format("overdue: {}, and the schedule's longest pause is {} hours", as_of,
                    std::chrono::duration_cast<std::chrono::hours>(*f.longest_gap).count()),
        worker);
  else if (missed)
    add(to, "sweep_late", a, fail,
        fmt::format("overdue: {}, and one was due {}", as_of, age(*f.sweep_due, f.now)), worker);
  else
    add(to, "sweep_late", a, pass, as_of);
}

void check_last_full(checks& to, const doctor_facts& f, const account_facts& a) {
  if (!a.sweeps->last_full) return;
  const sweep_facts& s = *a.sweeps->last_full;
  std::string again =
      fmt::format("It is tried again by itself, within the hour; where the reason stays, mend what it "
                  "names, and run `suivi-reconciler sweep --account {}`.",
                  a.id);
  if (s.complete)
    add(to, "sweep_incomplete", a, pass,
        fmt::format("the last full sweep was complete{}",
                    s.reason.empty() ? "" : fmt::format(" ({})", s.reason)));
  else
    add(to, "sweep_incomplete", a, warn,
        fmt::format("the last full sweep, of {}, is incomplete: {}", age(s.started_at, f.now), s.reason),
        again);
  if (s.refused > 0)
    add(to, "sweep conflicts", a, warn,
        fmt::format(
            "in the last full sweep the database refused {} order(s), and {} parcel(s) belong to orders "
            "of another account, or to several that bear one number",
            s.refused, s.conflicts),
        fmt::format(
            "`suivi-reconciler status --account {}` lists them; see in the reconciler's log the SQLSTATE of "
            "each refused one, and mend the trigger, constraint or column that it names.",
            a.id));
  else if (s.conflicts > 0)
    add(to, "sweep conflicts", a, warn,
        fmt::format("in the last full sweep {} parcel(s) belong to orders of another account, or to several "
                    "that bear one number",
                    s.conflicts),
        fmt::format("See `suivi-reconciler status --account {}`, and set \"shippingAccountId\" of these "
                    "orders, or the "
                    "number of each.",
                    a.id));
  else
    add(to, "sweep conflicts", a, pass, "the last full sweep met no order that it could not write");
}

// Beside the full one, neither instead of the other.
void check_last_incremental(checks& to, const doctor_facts& f, const account_facts& a) {
  if (!a.sweeps->last_incremental) return;
  const sweep_facts& s = *a.sweeps->last_incremental;
  if (s.complete)
    add(to, "incremental sweeps", a, pass,
        fmt::format("the last one was complete, {}", age(s.started_at, f.now)));
  else
    add(to, "incremental sweeps", a, warn,
        fmt::format("the last one, of {}, is incomplete: {}", age(s.started_at, f.now), s.reason),
        "It is tried again by itself every reconciler.incremental_every; where the reason stays, mend what "
        "it "
        "names.");
}

} // namespace

void check_account(checks& to, const doctor_facts& f, const account_facts& a) {
  check_key(to, a);
  check_quota(to, f, a);
  check_key_owner(to, a);
  if (a.courier_clock) {
    add_clock(to, "the courier's clock", *a.courier_clock,
              "Let this machine's clock be set by NTP (`timedatectl set-ntp true`); if it is right, the "
              "courier's is wrong, and webhooks count by their receipt.");
    to.back().account = a.id;
    to.back().courier = a.courier;
  }
  check_hooks(to, f, a);
  check_last_webhook(to, f, a);
  if (!a.sweeps) return;
  check_late(to, f, a);
  check_last_full(to, f, a);
  check_last_incremental(to, f, a);
}

} // namespace suivi::reconciler
