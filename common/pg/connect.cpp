// Each host is a connection attempt of its own: libpq's loop over hosts has no time limit when asynchronous.
#include "common/pg/connect.hpp"

#include "common/pg/resolve.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::pg {
namespace {

session::settings common_settings(const target& where, const connect_options& options) {
  session::settings all{
      // A peer that vanished without a word is noticed within a minute, by a LISTENing connection too.
      {"keepalives_idle", "30"},
      {"keepalives_interval", "10"},
      {"keepalives_count", "3"},
      {"fallback_application_name", options.application_name},
  };
  all.insert(all.end(), where.others.begin(), where.others.end()); // of two, libpq takes the last
  all.emplace_back("client_encoding", "UTF8");
  session_settings relied_on{options.statement_timeout, options.idle_in_transaction_timeout};
  if (!where.pgbouncer) all.emplace_back("options", startup_options(where, relied_on));
  return all;
}

session::settings settings_for(const host& h, const std::string& attrs, session::settings common) {
  auto add = [&](const char* keyword, const std::string& value) {
    if (!value.empty()) common.emplace_back(keyword, value);
  };
  add("host", h.name);
  add("hostaddr", h.address);
  add("port", h.port);
  add("target_session_attrs", attrs);
  return common;
}

// libpq's prefer-standby looks at all hosts twice; with one host a call we do so ourselves.
std::vector<std::string> rounds(const std::string& attrs) {
  if (attrs == "prefer-standby") return {"standby", "any"};
  return {attrs};
}

} // namespace

task<result<std::unique_ptr<session>>> open_session(const connect_options& options,
                                                    std::shared_ptr<session_group> among) {
  auto deadline = std::chrono::steady_clock::now() + options.connect_timeout;
  auto executor = co_await asio::this_coro::executor;
  auto where = parse_url(options.url);
  if (!where) co_return where.error();
  auto common = common_settings(*where, options);
  session_settings relied_on{options.statement_timeout, options.idle_in_transaction_timeout};
  // Of several hosts one is the primary: whoever names them and nothing else wants to write.
  bool choose = where->session_attrs.empty() && where->hosts.size() > 1;
  auto attempts = rounds(choose ? "read-write" : where->session_attrs);
  auto hosts = co_await look_up(where->hosts, deadline);
  if (!hosts) co_return hosts.error();

  auto left = static_cast<int>(attempts.size() * hosts->size());
  std::string reasons;
  for (const std::string& attrs : attempts) {
    for (const host& h : *hosts) {
      auto now = std::chrono::steady_clock::now();
      if (now >= deadline) break;
      auto own = std::make_unique<session>(executor, options.answer_timeout, among);
      if (where->pgbouncer) own->settings_each = transaction_settings(*where, relied_on);
      auto settings = settings_for(h, attrs, common);
      auto share = now + (deadline - now) / left--;
      auto opened = co_await own->open(std::move(settings), share);
      if (opened) co_return std::move(own);
      reasons += fmt::format("{}{}", reasons.empty() ? "" : "; ", opened.error().detail);
    }
  }
  co_return transient("pg:refused", reasons.empty() ? "no answer in time" : reasons);
}

} // namespace suivi::pg
