// Compares the accounts side by side and prints all differences together.
#include "reconciler/commands/verify_command.hpp"

#include "common/json/json_values.hpp"
#include "common/program/progress_bar.hpp"
#include "reconciler/commands/console.hpp"
#include "reconciler/verify/sample.hpp"
#include "reconciler/verify/verifier.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>
#include <map>
#include <memory>

namespace suivi::reconciler {
namespace {

namespace json = boost::json;

using verifiers = std::vector<std::unique_ptr<verifier>>;

task<void> check_list(verifier& one) {
  co_await one.read_list();
  co_await one.confirm();
}

task<void> check_singly(verifier& one, std::vector<shop::wanted_read> wanted) {
  co_await one.read_singly(std::move(wanted));
  co_await one.confirm();
}

task<result<std::map<std::string, std::vector<shop::wanted_read>>>>
sample_of(services& p, std::vector<shop::account> accounts, std::int64_t limit) {
  auto db = co_await p.database.acquire(steady_now() + database_patience);
  if (!db) co_return db.error();
  sample_question which;
  for (const shop::account& a : accounts) {
    which.accounts.push_back(a.id);
    if (courier::capabilities_of(a.courier.courier).references_max == 0) which.by_number.push_back(a.id);
  }
  which.orders_max = limit;
  which.adopt_unassigned = p.settings.reconciler.adopt_unassigned;
  auto drawn = co_await draw_sample(**db, std::move(which));
  co_return drawn;
}

task<void> show_progress(const verifiers& all) {
  steady_time begun = steady_now();
  for (;;) {
    verifier::progress sum;
    sum.of = 0;
    for (const auto& one : all) {
      verifier::progress far = one->how_far();
      sum.done += far.done;
      if (sum.of && far.of)
        *sum.of += *far.of;
      else
        sum.of.reset();
    }
    program::progress current{sum.of ? std::min(sum.done, *sum.of) : sum.done, sum.of, "rows", "",
                              std::nullopt};
    program::show_progress_line(
        program::progress_line(current, std::chrono::duration_cast<milliseconds>(steady_now() - begun)));
    co_await runtime::sleep_for(milliseconds(200));
  }
}

void print_document(std::int64_t checked, const std::vector<difference>& differences,
                    std::int64_t unreadable) {
  json::array list;
  for (const difference& d : differences) {
    json::object o;
    o["account"] = d.account;
    o["reference"] = d.reference;
    o["field"] = d.field;
    o["shop"] = or_null(d.shop);
    o["courier"] = or_null(d.courier);
    list.push_back(std::move(o));
  }
  json::object document;
  document["checked"] = checked;
  document["differences"] = std::move(list);
  document["unreadable"] = unreadable;
  print_json(document);
}

void print_table(std::int64_t checked, const std::vector<difference>& differences, std::int64_t unreadable) {
  if (!differences.empty())
    fmt::print("{:<24} {:<24} {:<20} {:<30} {}\n", "account", "reference", "field", "shop", "courier");
  for (const difference& d : differences)
    fmt::print("{:<24} {:<24} {:<20} {:<30} {}\n", d.account, d.reference, d.field, d.shop.value_or("(null)"),
               d.courier.value_or("(null)"));
  fmt::print("{} orders compared, {} differences, {} unreadable\n", checked, differences.size(), unreadable);
}

} // namespace

task<int> verify_command(services& p, verify_arguments arguments) {
  auto current = co_await schema_is_current(p);
  if (!current) co_return fail(current.error());
  auto meant = co_await accounts_meant(p, arguments.account);
  if (const int* status = std::get_if<int>(&meant)) co_return *status;
  const auto& accounts = std::get<std::vector<shop::account>>(meant);
  std::map<std::string, std::vector<shop::wanted_read>> sample;
  if (arguments.sample) {
    auto drawn = co_await sample_of(p, accounts, *arguments.sample);
    if (!drawn) co_return fail(drawn.error());
    sample = std::move(*drawn);
  }

  verify_options options = verify_options_of(p.settings);
  verifiers all;
  runtime::task_group running(p.executor);
  runtime::task_group beside(p.executor);
  for (const shop::account& who : accounts) {
    all.push_back(std::make_unique<verifier>(p.executor, p.database, p.client, who, options));
    if (arguments.sample)
      running.spawn("verify", check_singly(*all.back(), std::move(sample[who.id])));
    else
      running.spawn("verify", check_list(*all.back()));
  }
  bool bar = program::shows_progress();
  if (bar) beside.spawn("progress", show_progress(all));
  co_await running.join();
  beside.cancel();
  co_await beside.join();
  if (bar) program::end_progress();

  std::int64_t checked = 0, unreadable = 0;
  std::vector<difference> differences;
  bool all_read = true;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const verifier& one = *all[i];
    if (one.failed()) co_return fail(*one.failed());
    checked += one.found().checked();
    unreadable += one.unreadable();
    std::vector<difference> found = one.found().differences();
    differences.insert(differences.end(), found.begin(), found.end());
    if (one.why_not_all().empty()) continue;
    all_read = false;
    say(fmt::format("account {}: not all was read: {}", accounts[i].id, one.why_not_all()));
  }
  if (arguments.json)
    print_document(checked, differences, unreadable);
  else
    print_table(checked, differences, unreadable);
  if (!differences.empty()) co_return exits::failed;
  co_return all_read ? exits::done : exits::incomplete;
}

} // namespace suivi::reconciler
