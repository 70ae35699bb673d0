// One function for each check, each with its remedy.
#include "reconciler/doctor/account_checks.hpp"

#include "reconciler/store/webhook_activity.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace suivi::reconciler {
namespace {

using enum check_result;

// A sweep that was due and has not come to its end by then is overdue.
constexpr auto sweep_grace = std::chrono::hours(2);

void add(checks& to, std::string name, const account_facts& of, check_result result, std::string detail,
         std::string remedy = {}) {
  reconciler::add(to, std::move(name), result, std::move(detail), std::move(remedy));
  to.back().account = of.id;
}

void check_key(checks& to, const account_facts& a) {
  std::string row = fmt::format("\"credentials\" of the account `{}` in shipping_accounts", a.id);
  if (!a.has_key)
    add(to, "key", a, fail, "the account has no key",
        fmt::format("Put the courier's token under `apiKey` into {}.", row));
  else if (!a.key)
    add(to, "key", a, pass, "the courier accepts the key");
  else if (a.key->code == "maystro:unauthorized")
    add(to, "key", a, fail, fmt::format("the courier refuses the key: {}", to_string(*a.key)),
        fmt::format("Take a new token from the courier's dashboard and put it under `apiKey` into {}.", row));
  else
    add(to, "key", a, fail, fmt::format("the courier could not be asked: {}", to_string(*a.key)),
        "Check maystro.base_url (and \"baseUrl\" of the account), the network and maystro.request_timeout, "
        "then run `suivi-reconciler doctor` again.");
}

void check_courier_clock(checks& to, const account_facts& a) {
  if (!a.courier_ahead) return;
  add_clock(to, "courier clock", "the courier's clock", *a.courier_ahead,
            "Let this machine's clock be set by NTP (`timedatectl set-ntp true`).");
  to.back().account = a.id;
}

void check_hooks(checks& to, const doctor_facts& f, const account_facts& a) {
  std::string ensure = fmt::format("Run `suivi-reconciler hooks ensure --account {}`.", a.id);
  if (!f.public_url_set) {
    add(to, "hooks", a, warn, "it is not known under which address the courier would reach the receiver",
        "Set receiver.public_url, then run `suivi-reconciler hooks ensure`.");
  } else if (a.hooks) {
    const hook_facts& h = *a.hooks;
    if (h.failed)
      add(to, "hooks", a, warn, fmt::format("the hooks could not be read: {}", to_string(*h.failed)),
          "Run `suivi-reconciler hooks list` later.");
    else if (h.nothing_listed)
      add(to, "hooks", a, warn, "the courier lists no trigger that tells of an order's state",
          "Ask the courier for webhooks of this account; until then scheduled sweeps (reconciler.schedule) "
          "find every change.");
    else if (!h.missing.empty())
      add(to, "hooks", a, warn, fmt::format("not registered: {}", fmt::join(h.missing, ", ")), ensure);
    else if (!f.public_url_https)
      add(to, "hooks", a, warn,
          "registered, but receiver.public_url is not https, which the courier asks for",
          "Set receiver.public_url to the https address, then run `suivi-reconciler hooks ensure`.");
    else
      add(to, "hooks", a, pass, fmt::format("registered: {}", fmt::join(h.registered, ", ")));
  }
  bool registered = a.hooks && !a.hooks->failed && a.hooks->missing.empty() && !a.hooks->registered.empty();
  std::string test = "Run `suivi-reconciler hooks test` and see whether a request reaches the receiver at "
                     "receiver.public_url.";
  if (!a.heard_at && a.missed > 0)
    add(to, "webhooks heard", a, warn,
        fmt::format("no webhook ever came, and sweeps found {} change(s) that none told", a.missed),
        registered ? test : ensure);
  else if (!a.heard_at)
    add(to, "webhooks heard", a, registered ? warn : pass, "no webhook has come yet", test);
  else if (a.missed > 0 && f.now - *a.heard_at >= silence_min)
    add(to, "webhooks heard", a, warn,
        fmt::format("silent: the last webhook came {}, and sweeps found {} change(s) since",
                    age(*a.heard_at, f.now), a.missed),
        test);
  else
    add(to, "webhooks heard", a, pass, fmt::format("the last webhook came {}", age(*a.heard_at, f.now)));
}

void check_sweep(checks& to, const doctor_facts& f, const account_facts& a) {
  std::string now_ = fmt::format("Run `suivi-reconciler sweep --account {}`.", a.id);
  std::string worker = "Keep `suivi-reconciler run` running, or run `suivi-reconciler sweep` now.";
  if (!a.last_full) {
    add(to, "last sweep", a, warn, "there was no sweep yet", worker);
    return;
  }
  const sweep_facts& s = *a.last_full;
  bool overdue = f.sweep_due && f.now - *f.sweep_due > sweep_grace &&
                 (!a.complete_as_of || *a.complete_as_of < *f.sweep_due);
  std::string as_of = a.complete_as_of
                          ? fmt::format("the last complete one began {}", age(*a.complete_as_of, f.now))
                          : std::string("none was complete yet");
  if (s.running) {
    add(to, "last sweep", a, pass, fmt::format("one is running; {}", as_of));
  } else if (!s.complete) {
    bool old = !a.complete_as_of || overdue;
    add(to, "last sweep", a, old ? fail : warn, fmt::format("incomplete: {}; {}", s.reason, as_of), now_);
  } else if (overdue) {
    add(to, "last sweep", a, fail,
        fmt::format("overdue: {}, and one was due {}", as_of, age(*f.sweep_due, f.now)), worker);
  } else {
    add(to, "last sweep", a, pass,
        fmt::format("complete{}; it began {}", s.reason.empty() ? "" : fmt::format(" ({})", s.reason),
                    age(s.started_at, f.now)));
  }
}

void check_orders_of(checks& to, const account_facts& a) {
  std::string detail =
      fmt::format("{} of {} orders older than a day have no tracking number", a.without_tracking, a.orders);
  if (a.without_tracking > 0)
    add(to, "orders without tracking", a, warn, detail,
        fmt::format("Run `suivi-reconciler sweep --account {} --max-orders 0`; what is left then has no "
                    "parcel under its reference at the courier.",
                    a.id));
  else
    add(to, "orders without tracking", a, pass,
        a.orders == 0 ? "the account has no order older than a day" : "every order older than a day has one");
  if (!a.parcels_gone) return;
  if (*a.parcels_gone > 0)
    add(to, "parcels gone", a, warn,
        fmt::format(
            "{} linked parcel(s) are no longer listed by the courier; their orders keep their columns",
            *a.parcels_gone),
        "See `GET /api/v1/orders/{reference}` of such an order, and ask the courier what became of its "
        "parcel.");
  else
    add(to, "parcels gone", a, pass, "the courier still lists every linked parcel");
}

} // namespace

void check_account(checks& to, const doctor_facts& f, const account_facts& a, bool schema, bool orders) {
  check_key(to, a);
  check_courier_clock(to, a);
  if (schema) {
    check_hooks(to, f, a);
    check_sweep(to, f, a);
  }
  if (orders) check_orders_of(to, a);
}

} // namespace suivi::reconciler
