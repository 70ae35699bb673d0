// Puts counts of orders into words.
#include "reconciler/doctor/checks/order_checks.hpp"

#include "reconciler/doctor/checks/database_checks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace suivi::reconciler {

using enum check_result;

namespace {

// The stated bound within which every open parcel is read (reconciler/README.md).
constexpr auto read_bound = std::chrono::hours(24);

const char* keep_running =
    "Keep `suivi-reconciler run` running with reconciler.incremental_every above 0: it reads "
    "them in turn; `suivi-reconciler sweep --max-orders 0` reads all now.";

const char* correct_numbers =
    "Compare \"trackingNumber\" of these orders (`SELECT order_id FROM suivi.unanswered_number`) with the "
    "courier's own pages; they are asked for again in turn.";

std::string find_at_courier(const account_facts& a) {
  return fmt::format(
      "Look for them on the courier's own pages, and correct \"trackingNumber\", \"reference\" or "
      "\"shippingAccountId\"; every sweep of the whole list looks again. They are among: SELECT "
      "\"reference\" FROM "
      "orders o WHERE o.\"shippingAccountId\" = '{}' AND (o.\"trackingNumber\" <> '' OR o.\"maystroOrderId\" "
      "<> '') "
      "AND NOT EXISTS (SELECT FROM suivi.parcel p WHERE p.order_id = o.\"id\");",
      a.id);
}

void check_never_read(checks& to, const account_facts& a) {
  if (*a.never_read == 0) {
    add(to, "orders never read", a, pass,
        "of every order with a tracking number or courier id the parcel is known");
    return;
  }
  std::string detail = fmt::format(
      "{} order(s) have a tracking number or courier id and are not final, but their parcel was never read",
      *a.never_read);
  if (a.numbers_unknown > 0)
    detail += fmt::format("; the courier knows no parcel of the numbers of {}", a.numbers_unknown);
  if (a.not_listed > 0)
    detail += fmt::format("; in the courier's whole list there was none for {}", a.not_listed);
  bool some_come_yet = a.numbers_unknown + a.not_listed < *a.never_read;
  add(to, "orders never read", a, warn, std::move(detail),
      some_come_yet      ? keep_running
      : a.not_listed > 0 ? find_at_courier(a)
                         : correct_numbers);
}

void check_tracking(checks& to, const account_facts& a) {
  const untracked_facts& t = *a.tracking;
  if (t.untracked == 0)
    add(to, "untracked", a, pass,
        t.orders == 0 ? "the account has no shipped order older than six hours"
                      : "every shipped order older than six hours has a tracking number");
  else if (!a.reported_by_reference)
    add(to, "untracked", a, warn,
        fmt::format(
            "{} of {} orders older than six hours have no tracking number, and this courier cannot be "
            "asked by reference",
            t.untracked, t.orders),
        fmt::format(
            "Set \"trackingNumber\" of these orders (`GET /api/v1/orders?view=untracked&account={}`): "
            "the shop has it from creating the parcel.",
            a.id));
  else
    add(to, "untracked", a, warn,
        fmt::format("{} of {} orders older than six hours have no tracking number{}", t.untracked, t.orders,
                    t.unknown_to_courier
                        ? fmt::format("; {} of them are unknown to the courier under their reference",
                                      *t.unknown_to_courier)
                        : std::string()),
        fmt::format("Run `suivi-reconciler sweep --account {} --max-orders 0`; what is left then has no "
                    "parcel under its reference at the courier.",
                    a.id));
}

// `UPDATE` that gives orders their store's account.
std::string linking_statement(const store_link_facts& s) {
  std::string orders = quoted(s.schema) + ".\"orders\"",
              stores = quoted(s.schema) + ".\"api_configurations\"";
  std::string store = quoted(s.column);
  return fmt::format("UPDATE {} o SET \"shippingAccountId\" = c.\"shippingAccountId\" FROM {} c WHERE "
                     "o.\"shippingAccountId\" IS "
                     "NULL AND c.{} = o.\"storeIdentifier\" AND c.\"shippingAccountId\" IS NOT NULL AND NOT "
                     "EXISTS (SELECT FROM {} d "
                     "WHERE d.{} = c.{} AND d.\"shippingAccountId\" <> c.\"shippingAccountId\");",
                     orders, stores, store, stores, store, store);
}

void check_store_links(checks& to, const store_link_facts& s, const std::string& role) {
  if (!s.missing.empty())
    add(to, "store links", warn,
        "it is not allowed to see whether the stores of the old back office know the orders' accounts",
        fmt::format("{}", fmt::join(grant_lines(s.missing, role), " ")));
  else if (s.orders > 0)
    add(to, "store links", warn,
        fmt::format("{} order(s) without account are of stores whose account the old back office knows "
                    "(api_configurations){}",
                    s.orders,
                    s.undecided > 0 ? fmt::format(", {} of stores with several", s.undecided)
                                    : std::string()),
        linking_statement(s));
  else
    add(to, "store links", pass,
        "no order without account is of a store whose account the old back office knows");
}

} // namespace

void check_orders_of(checks& to, const doctor_facts& f, const account_facts& a) {
  if (a.tracking) check_tracking(to, a);
  if (a.never_read) check_never_read(to, a);
  if (a.open_parcels) {
    const open_parcel_facts& o = *a.open_parcels;
    bool late = o.oldest_pull && f.now - *o.oldest_pull > read_bound;
    if (late)
      add(to, "unchecked", a, warn,
          fmt::format(
              "of {} open parcel(s) the oldest was read from the courier {}, and 24 hours are promised",
              o.open, age(*o.oldest_pull, f.now)),
          keep_running);
    else
      add(to, "unchecked", a, pass,
          o.oldest_pull ? fmt::format("of {} open parcel(s) the oldest was read from the courier {}", o.open,
                                      age(*o.oldest_pull, f.now))
                        : std::string("the account has no open parcel"));
  }
  if (!a.parcels_gone || !a.same_key.empty()) return; // with another's key it is another's list
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

void check_unassigned(checks& to, const doctor_facts& f) {
  if (!f.unassigned) return;
  const unassigned_facts& u = *f.unassigned;
  std::int64_t open = u.orders - u.adopted - u.contested;
  if (open > 0 && !f.adopt_unassigned)
    add(to, "orders_without_account", warn,
        fmt::format("{} order(s) have no account and are never matched", open),
        "Set their \"shippingAccountId\", or reconciler.adopt_unassigned = true.");
  else if (open > 0)
    add(to, "orders_without_account", warn,
        fmt::format(
            "{} order(s) have no account and no parcel was matched to them yet ({} others were adopted){}",
            open, u.adopted,
            u.never_read.value_or(0) > 0
                ? fmt::format("; {} have a tracking number or courier id", *u.never_read)
                : std::string()),
        "Set \"shippingAccountId\" of those that are shipped by the courier, or run `suivi-reconciler sweep "
        "--max-orders 0`.");
  else if (u.orders > u.contested)
    add(to, "orders_without_account", pass,
        fmt::format("all {} were adopted by the account that matched them", u.adopted));
  else
    add(to, "orders_without_account", pass,
        u.contested > 0 ? "every other order has an account" : "every order has an account");
  if (u.contested > 0)
    add(to, "contested", warn,
        fmt::format("{} order(s) without account are claimed by two accounts, and neither writes them",
                    u.contested),
        "Set \"shippingAccountId\" of these orders.");
  else if (u.adoptions_known)
    add(to, "contested", pass, "no order is claimed by two accounts");
  if (f.store_links) check_store_links(to, *f.store_links, f.rights ? f.rights->role : "suivi");
}

void check_references(checks& to, const doctor_facts& f) {
  if (!f.blanks) return;
  if (f.blanks->orders > 0)
    add(to, "references", warn,
        fmt::format(
            "{} order(s) have blanks around their reference, which the courier trims, so that they are not "
            "matched: {}",
            f.blanks->orders, fmt::join(f.blanks->examples, ", ")),
        "Take the blanks away: `UPDATE orders SET \"reference\" = btrim(\"reference\") WHERE \"reference\" "
        "<> "
        "btrim(\"reference\");`.");
  else if (!f.spelled_otherwise || f.spelled_otherwise->orders == 0)
    add(to, "references", pass, "no unmatched order has blanks around its reference");
  if (f.spelled_otherwise && f.spelled_otherwise->orders > 0)
    add(to, "references", warn,
        fmt::format("the courier has the references of {} order(s) in other letters, small for capital or an "
                    "accent of another form, so that they are not matched: {}",
                    f.spelled_otherwise->orders, fmt::join(f.spelled_otherwise->examples, ", ")),
        "Give each of these orders the reference that its parcel has at the courier.");
}

} // namespace suivi::reconciler
