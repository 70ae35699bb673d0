// An account's hooks at the courier: looked at, made as hook_plan.hpp plans them, removed. Every request has
// a limit, is repeated a few times where that may help, and is counted.
//
// Where the courier wants to be left alone, by what any program was told, nothing is asked, and what is told
// here holds for the others.
//
// A registration whose answer was lost may have happened: it is never sent again before the list has been
// read again. No report holds a secret: endpoints are masked.
#pragma once

#include "common/courier/hooks_api.hpp"
#include "common/pg/pool.hpp"
#include "common/shop/account_statistics.hpp"
#include "common/shop/accounts.hpp"
#include "reconciler/hooks/hook_plan.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace suivi::reconciler {

struct listed_hook {
  std::string id;
  std::string endpoint; // masked
  std::string trigger;  // name, else id
  bool ours = false;
};

struct hook_report {
  std::string account, account_name;
  std::vector<listed_hook> hooks;   // as they are afterwards
  std::vector<std::string> added;   // names of triggers
  std::vector<std::string> removed; // … of hooks that are gone
  std::vector<std::string> wanted;  // what ought to be there
  std::vector<std::string> missing; // … and is not
  old_hooks at_old_addresses;       // other hooks that deliver to this receiver
  std::optional<error> failed;
};

class hook_registrar {
 public:
  // `who` is of a courier that registers hooks by its API.
  hook_registrar(http::client& client, pg::pool& database, const shop::account& who,
                 milliseconds request_timeout, hook_owner owner);

  task<hook_report> inspect();
  task<hook_report> ensure();
  task<hook_report> remove();
  // Asks the courier for a test message to every hook of the account.
  task<std::optional<error>> test();

  [[nodiscard]] const shop::request_counts& counts() const { return counts_; }

 private:
  template <class Ask>
  auto with_retries(Ask ask) -> decltype(ask());
  task<void> note(courier::response_meta how, std::optional<error> failure);
  task<result<void>> read();
  task<void> remove(std::vector<hook> hooks, hook_report& into);
  [[nodiscard]] hook_report make_report() const;

  std::unique_ptr<courier::hooks_api> api_;
  pg::pool& database_;
  hook_owner owner_;
  std::string name_;
  shop::request_counts counts_;
  std::vector<hook> hooks_;
  std::vector<hook_type> types_;
};

} // namespace suivi::reconciler
