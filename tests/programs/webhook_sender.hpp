// A receiver on a database of its own, as a test of its answers needs it: the real program, spoken to byte by
// byte.
#pragma once

#include "tests/programs/api_description.hpp"
#include "tests/programs/program.hpp"
#include "tests/support/database.hpp"
#include "tests/support/loopback.hpp"

#include <doctest/doctest.h>
#include <optional>

namespace suivi::test {

using loopback::raw_answer;
using loopback::raw_peer;
using environment = std::map<std::string, std::string>;

inline bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

inline std::string event(const std::string& reference) {
  return R"({"event":"OrderStatusChanged","payload":{"id":"u-)" + reference +
         R"(","status":31,"external_order_id":")" + reference + "\"}}";
}

// A whole request. `headers`: lines, each with its line break.
inline std::string request(const std::string& method, const std::string& target, const std::string& body = "",
                           const std::string& headers = "") {
  std::string length = method == "POST" ? "Content-Length: " + std::to_string(body.size()) + "\r\n" : "";
  return method + " " + target + " HTTP/1.1\r\nHost: shop.example\r\n" + headers + length + "\r\n" + body;
}

const std::string secret_address = "/webhooks/maystro/example-secret";

class webhook_sender {
 public:
  // `shop`: what is in the database before the program starts. `before`: a command that starts the program,
  // and its arguments.
  explicit webhook_sender(environment more = {}, const std::string& shop = "",
                          std::vector<std::string> before = {}) {
    if (!shop.empty()) db_.execute(shop);
    environment all{{"DATABASE_URL", db_.url()},
                    {"MAYSTRO_API_KEY", "example-key-1"},
                    {"MAYSTRO_BASE_URL", "http://127.0.0.1:1"},
                    {"MAYSTRO_WEBHOOK_SECRET", "example-secret"},
                    {"SUIVI_RECEIVER_LISTEN", "127.0.0.1:0"}};
    for (auto& [key, value] : more) all[key] = value;
    for (auto it = all.begin(); it != all.end();) it = it->second.empty() ? all.erase(it) : std::next(it);
    std::string name = "suivi-receiver";
    if (!before.empty()) {
      name = before.front();
      before.erase(before.begin());
      before.push_back(SUIVI_BIN "/suivi-receiver");
    }
    process.emplace(name, before, all);
    port = static_cast<unsigned short>(process->number_from_log("port"));
    if (all["DATABASE_URL"] == db_.url())
      wait_until("the database", [&] { return contains(process->log(), "the database is up"); });
  }

  // On a connection of its own. The answer must be as it is described.
  [[nodiscard]] raw_answer ask(const std::string& bytes) const {
    raw_peer peer(port);
    peer.send(bytes);
    auto got = peer.read(!bytes.starts_with("HEAD "));
    auto wrong = differs_from_description(bytes, got.status, got.head, got.body);
    CAPTURE(bytes.substr(0, 200));
    if (!wrong.empty()) FAIL_CHECK(wrong);
    return got;
  }
  [[nodiscard]] raw_answer push(const std::string& target, const std::string& body,
                                const std::string& headers = "") const {
    return ask(request("POST", target, body, headers));
  }
  [[nodiscard]] std::int64_t stored() const {
    return db_.value("select to_regclass('suivi.inbox') is null") == "t"
               ? 0
               : db_.number("select count(*) from suivi.inbox");
  }
  [[nodiscard]] bool holds(const std::string& reference) const {
    return db_.number("select count(*) from suivi.inbox where reference = '" + reference + "'") == 1;
  }
  [[nodiscard]] const database& db() const { return db_; }

  unsigned short port = 0;

 private:
  database db_{holding::shop};

 public:
  std::optional<program> process; // ends before its database
};

} // namespace suivi::test
