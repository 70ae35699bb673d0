// What keeps all orders of an account from being asked for.
#include "reconciler/doctor/checks/account_list_checks.hpp"

#include "common/shipment/courier.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <span>

namespace suivi::reconciler {

using enum check_result;

namespace {

std::string quoted_list(std::span<const std::string> names) {
  return fmt::format("`{}`", fmt::join(names, "`, `"));
}

std::string served_names() {
  std::vector<std::string> names;
  for (courier_kind courier : couriers) names.emplace_back(slug(courier));
  return quoted_list(names);
}

} // namespace

// A shop that needs no such row, for its accounts are in the environment, is well without; one that looks
// like it may be meant.
void check_company(checks& to, const doctor_facts& f) {
  if (!f.tables) return;
  std::string_view instead = f.accounts_from_environment ? "; the environment has the accounts" : "";
  std::string_view or_key = ", or give the key as MAYSTRO_API_KEY.";
  if (!f.tables->account_tables) {
    add(to, "company", f.accounts_from_environment ? pass : fail,
        fmt::format("there are no tables shipping_companies and shipping_accounts{}", instead),
        fmt::format("Run the shop's own migrations{}", or_key));
    return;
  }
  if (!f.company) return;
  const company_facts& c = *f.company;
  check_result otherwise = f.accounts.empty() ? fail : warn;
  if (!c.alike.empty())
    add(to, "company", otherwise,
        fmt::format("shipping_companies has {}, which is no courier's slug: these are {}",
                    quoted_list(c.alike), served_names()),
        fmt::format("Set \"slug\" of the courier's row in shipping_companies to its slug{}", or_key));
  else if (c.active.empty() && c.inactive.empty())
    add(to, "company", f.accounts_from_environment ? pass : fail,
        fmt::format("shipping_companies has no row with a courier's slug ({}){}", served_names(), instead),
        fmt::format("Insert such a row into shipping_companies{}", or_key));
  else if (!c.inactive.empty())
    add(to, "company", otherwise, fmt::format("not active: {}", quoted_list(c.inactive)),
        "Set \"isActive\" of the row with this slug in shipping_companies to true.");
  else if (f.accounts.empty() && c.accounts == 0)
    add(to, "company", fail,
        fmt::format("no row of shipping_accounts is of a company with a courier's slug ({})", served_names()),
        fmt::format("Set \"companyId\" of the courier's accounts to the row of such a company{}", or_key));
  else
    add(to, "company", pass, fmt::format("there and active: {}", quoted_list(c.active)));
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
        "Add an account of a courier's company with \"isActive\" = true to shipping_accounts, or set "
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
