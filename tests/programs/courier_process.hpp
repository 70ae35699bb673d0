// The courier's stand-in as a running program, whose parcels and settings a test decides.
#pragma once

#include "tests/programs/program.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>
#include <string>

namespace suivi::test {

namespace json = boost::json;

inline std::string json_text(const json::object& object) {
  return json::serialize(object);
}

// The courier's stand-in without any parcels but those a test inserts.
struct courier_process {
  explicit courier_process(const std::string& listen = "127.0.0.1:0")
      : process("suivi-maystro-sim",
                {"serve", "--accounts", "a:example-key-a:A,b:example-key-b:B", "--orders", "1", "--moving",
                 "false", "--foreign-share", "0", "--twice-share", "0", "--listen", listen}) {
    wait_until("the courier's address", [&] { return process.output().find('\n') != std::string::npos; });
    url = process.output().substr(0, process.output().find('\n'));
  }
  void post(const std::string& path, const json::object& body) const {
    auto done = http_post(url + "/control/" + path, json_text(body));
    CAPTURE(done.body);
    REQUIRE(done.status / 100 == 2);
  }
  void set(const json::object& settings) const { post("settings", settings); }
  void has(const std::string& uuid, int status, const std::string& reference,
           const std::string& account = "a") const {
    post("orders", {{"account", account},
                    {"uuid", uuid},
                    {"status", status},
                    {"reference", reference},
                    {"tracking", "T-" + uuid},
                    {"createdAt", "2026-01-01T00:00:00Z"}});
  }
  [[nodiscard]] std::int64_t requests(const char* kind) const {
    auto all = json::parse(http_get(url + "/control/counters").body);
    return all.as_object().at("requests").as_object().at(kind).to_number<std::int64_t>();
  }

  program process;
  std::string url;
};

} // namespace suivi::test
