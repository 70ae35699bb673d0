// A courier's registrations of webhooks: which address hears of which kind of event.
#pragma once

#include <string>
#include <vector>

namespace suivi {

struct hook {
  std::string id;
  std::string endpoint; // holds a webhook secret where it is ours: not for logs
  std::vector<std::string> trigger_ids;
};

struct hook_type {
  std::string id;
  std::string name;
};

} // namespace suivi
