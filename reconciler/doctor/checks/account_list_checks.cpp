// What keeps all orders of an account from being asked for.
#include "reconciler/doctor/checks/account_list_checks.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace suivi::reconciler {

using enum check_result;

// A shop that needs no such row, for its accounts are in the environment or other couriers', is well without;
// one that looks like it may be meant.
void check_company(checks& to, const doctor_facts& f) {
  if (!f.tables) return;
  bool elsewhere =
      std::any_of(f.accounts.begin(), f.accounts.end(), [](const account_facts& a) { return !a.of_maystro; });
  bool needless = f.accounts_from_environment || elsewhere;
  std::string_view instead = f.accounts_from_environment ? "; the environment has the accounts" : "";
  if (!f.tables->account_tables) {
    add(to, "company", needless ? pass : fail,
        fmt::format("there are no tables shipping_companies and shipping_accounts{}", instead),
        "Run the shop's own migrations, or give the key as MAYSTRO_API_KEY.");
    return;
  }
  if (!f.company) return;
  const company_facts& c = *f.company;
  if (!c.there && c.alike.empty())
    add(to, "company", needless ? pass : fail,
        fmt::format("shipping_companies has no row with slug `maystro`{}", instead),
        "Insert such a row into shipping_companies, or give the key as MAYSTRO_API_KEY.");
  else if (!c.there)
    add(to, "company", needless ? warn : fail,
        fmt::format("shipping_companies has no row with slug `maystro`, but `{}`",
                    fmt::join(c.alike, "`, `")),
        "Set \"slug\" of the courier's row in shipping_companies to 'maystro', or give the key as "
        "MAYSTRO_API_KEY.");
  else if (!c.active)
    add(to, "company", needless ? warn : fail, "the company `maystro` is not active",
        "Set \"isActive\" of the row with slug `maystro` in shipping_companies to true.");
  else
    add(to, "company", pass, "the company `maystro` is there and active");
  std::vector<std::string> others;
  for (const auto& [slug, count] : c.others) others.push_back(fmt::format("{} of `{}`", count, slug));
  if (!others.empty())
    add(to, "other couriers", pass, fmt::format("accounts that are left alone: {}", fmt::join(others, ", ")));
}

void check_accounts(checks& to, const doctor_facts& f) {
  if (!f.accounts_known) return;
  std::int64_t off = f.company ? f.company->inactive_accounts : 0;
  std::string inactive = off > 0 ? fmt::format(", {} not active", off) : std::string();
  std::int64_t unreached = f.open_orders_with_account.value_or(0);
  if (f.accounts.empty())
    add(to, "accounts", fail, fmt::format("there is no active courier account{}", inactive),
        "Add an account of the company `maystro` with \"isActive\" = true to shipping_accounts, or set "
        "MAYSTRO_API_KEY.");
  else if (f.accounts_from_environment && unreached > 0)
    add(to, "accounts", fail,
        fmt::format(
            "{} from the environment{}, which match only orders without account, but {} open order(s) "
            "have one",
            f.accounts.size(), inactive, unreached),
        "Put the courier's token into \"credentials\" (`apiKey`) of these orders' rows in shipping_accounts, "
        "with "
        "\"isActive\" = true.");
  else if (f.accounts_from_environment)
    add(to, "accounts", pass,
        fmt::format("{} from the environment{}; they match only orders without account", f.accounts.size(),
                    inactive));
  else
    add(to, "accounts", pass, fmt::format("{} active{}", f.accounts.size(), inactive));
  for (const inactive_account_facts& a : f.inactive_with_orders) {
    add(to, "inactive account", warn,
        fmt::format("the account is switched off, and {} open order(s) of it are not asked for",
                    a.open_orders),
        "Set \"isActive\" of this row in shipping_accounts (and of its company) to true, or give the orders "
        "another "
        "\"shippingAccountId\".");
    to.back().account = a.id;
  }
}

} // namespace suivi::reconciler
