// Every rule catches a sample that breaks it and leaves one that keeps it.
#include "tests/lint/rules.hpp"

#include <cstdlib>
#include <doctest/doctest.h>
#include <map>
#include <thread>

using namespace suivi::lint;

namespace {

violations check(std::string_view name, const std::map<std::string, std::string>& files,
                 const std::string& root = "/x") {
  std::vector<source> sources;
  for (const auto& [path, text] : files) sources.push_back(make_source(path, text));
  for (const rule& r : all_rules())
    if (r.name == name) return r.check(sources, root);
  FAIL("no such rule");
  return {};
}

const std::map<std::string, std::string> layout{
    {"common/CMakeLists.txt",
     "add_subdirectory(base)\nadd_subdirectory(log)\nadd_subdirectory(pg)\nadd_subdirectory(shop)\n"},
    {"common/base/CMakeLists.txt", "suivi_library(suivi_base SOURCES time.cpp)"},
    {"common/log/CMakeLists.txt", "suivi_library(suivi_log LINKS suivi_base)"},
    {"common/pg/CMakeLists.txt", "suivi_library(suivi_pg LINKS suivi_base)\nadd_subdirectory(pool)\n"},
    {"common/pg/pool/CMakeLists.txt", "suivi_library(suivi_pg_pool LINKS suivi_base suivi_pg)"},
    {"common/shop/CMakeLists.txt", "suivi_library(suivi_shop LINKS suivi_base suivi_pg)"},
    {"receiver/CMakeLists.txt", "add_subdirectory(web)\nadd_subdirectory(inbox)\nadd_subdirectory(api)\n"
                                "suivi_library(suivi_receiver LINKS suivi_receiver_api)\n"},
    {"receiver/web/CMakeLists.txt", "suivi_library(suivi_receiver_web LINKS suivi_base suivi_receiver_api)"},
    {"receiver/inbox/CMakeLists.txt", "suivi_library(suivi_receiver_inbox LINKS suivi_base)"},
    {"receiver/api/CMakeLists.txt",
     "add_subdirectory(call)\nadd_subdirectory(events)\nadd_subdirectory(stream)\n"
     "suivi_library(suivi_receiver_api LINKS suivi_pg suivi_receiver_web suivi_receiver_api_events)"},
    {"receiver/api/call/CMakeLists.txt", "suivi_library(suivi_receiver_api_call LINKS suivi_receiver_web)"},
    {"receiver/api/events/CMakeLists.txt",
     "suivi_library(suivi_receiver_api_events LINKS suivi_pg suivi_receiver_api_call suivi_receiver_api)"},
    {"receiver/api/stream/CMakeLists.txt", "suivi_library(suivi_receiver_api_stream LINKS suivi_pg)"},
    {"reconciler/plan/CMakeLists.txt", "suivi_library(suivi_reconciler_plan LINKS suivi_base)"},
    {"reconciler/CMakeLists.txt", "add_subdirectory(plan)\nadd_subdirectory(sweep)\n"},
    {"reconciler/sweep/CMakeLists.txt", "suivi_library(suivi_reconciler_sweep LINKS suivi_reconciler_plan)"},
};

std::size_t layers_of(const std::string& path, const std::string& included) {
  auto files = layout;
  files[path] = "#include \"" + included + "\"\n";
  return check("layers", files).size();
}

std::size_t shapes(const std::string& statement) {
  return check("co_await", {{"a.cpp", "task<void> f() {\n  " + statement + "\n}\n"}}).size();
}

} // namespace

TEST_CASE("layers: a folder includes what it links and what stands above it") {
  CHECK(layers_of("common/shop/a.cpp", "common/pg/pool.hpp") == 0);
  CHECK(layers_of("common/shop/a.cpp", "common/shop/accounts.hpp") == 0);
  CHECK(layers_of("common/pg/a.cpp", "common/shop/accounts.hpp") == 1);
  CHECK(layers_of("common/shop/a.cpp", "common/log/log.hpp") == 1);
  CHECK(layers_of("common/pg/a.cpp", "receiver/app.hpp") == 1);
  CHECK(layers_of("common/pg/a.cpp", "tests/support/cluster.hpp") == 1);
  CHECK(layers_of("receiver/a.cpp", "common/shop/accounts.hpp") == 0);
  CHECK(layers_of("receiver/a.cpp", "reconciler/plan/page_plan.hpp") == 1);
  CHECK(layers_of("reconciler/a.cpp", "receiver/app.hpp") == 1);
  CHECK(layers_of("reconciler/a.cpp", "tests/support/cluster.hpp") == 1);
  CHECK(layers_of("tests/unit/x/a.cpp", "reconciler/plan/page_plan.hpp") == 0);
}

TEST_CASE("layers: a room of a program includes the rooms it links and that stand above it") {
  CHECK(layers_of("receiver/api/a.cpp", "receiver/web/routes.hpp") == 0);
  CHECK(layers_of("receiver/api/a.cpp", "common/pg/pool.hpp") == 0);
  CHECK(layers_of("reconciler/sweep/a.cpp", "reconciler/plan/page_plan.hpp") == 0);
  SUBCASE("not a room it does not link") {
    CHECK(layers_of("receiver/api/a.cpp", "receiver/inbox/ingest.hpp") == 1);
  }
  SUBCASE("not a folder of common it does not link") {
    CHECK(layers_of("receiver/api/a.cpp", "common/shop/accounts.hpp") == 1);
  }
  SUBCASE("not a room below it, even linked") {
    CHECK(layers_of("receiver/web/a.cpp", "receiver/api/event_json.hpp") == 1);
  }
  SUBCASE("not the program's root files") {
    CHECK(layers_of("receiver/api/a.cpp", "receiver/app.hpp") == 1);
  }
  SUBCASE("not the other program, nor the tests") {
    CHECK(layers_of("receiver/api/a.cpp", "reconciler/plan/page_plan.hpp") == 1);
    CHECK(layers_of("reconciler/sweep/a.cpp", "receiver/web/routes.hpp") == 1);
    CHECK(layers_of("receiver/api/a.cpp", "tests/support/database.hpp") == 1);
  }
}

TEST_CASE("layers: rooms in a room stand in its order, below its own files") {
  CHECK(layers_of("receiver/api/events/a.cpp", "receiver/api/call/endpoint.hpp") == 0);
  CHECK(layers_of("receiver/api/call/a.cpp", "receiver/web/routes.hpp") == 0);
  CHECK(layers_of("receiver/api/events/a.cpp", "common/pg/pool.hpp") == 0);
  CHECK(layers_of("receiver/api/a.cpp", "receiver/api/events/event_queries.hpp") == 0);
  SUBCASE("not one below, nor one that is not linked") {
    CHECK(layers_of("receiver/api/call/a.cpp", "receiver/api/events/event_queries.hpp") == 1);
    CHECK(layers_of("receiver/api/stream/a.cpp", "receiver/api/events/event_queries.hpp") == 1);
    CHECK(layers_of("receiver/api/a.cpp", "receiver/api/stream/event_stream.hpp") == 1);
    CHECK(layers_of("receiver/web/a.cpp", "receiver/api/call/endpoint.hpp") == 1);
  }
  SUBCASE("not the files of the room around it, even linked") {
    CHECK(layers_of("receiver/api/events/a.cpp", "receiver/api/operations_api.hpp") == 1);
  }
}

TEST_CASE("layers: a room in another uses it where that one does not use the inner one") {
  CHECK(layers_of("common/pg/pool/a.cpp", "common/pg/connection.hpp") == 0);
  CHECK(layers_of("common/pg/pool/a.cpp", "common/base/time.hpp") == 0);
  CHECK(layers_of("common/pg/a.cpp", "common/pg/pool/pool.hpp") == 1);
}

TEST_CASE("layers: the root files of a program use all of its rooms") {
  CHECK(layers_of("receiver/app.cpp", "receiver/inbox/ingest.hpp") == 0);
  CHECK(layers_of("receiver/app.cpp", "common/shop/accounts.hpp") == 0);
  CHECK(layers_of("receiver/app.cpp", "reconciler/plan/page_plan.hpp") == 1);
  CHECK(layers_of("receiver/app.cpp", "tests/support/database.hpp") == 1);
}

TEST_CASE("couriers: none is named outside of its folder and the lists of couriers") {
  auto named = [](const std::string& path, const std::string& text) {
    const std::string list = "enum class courier_kind : int { maystro = 1, guepex = 2, nord_west = 3 };\n";
    return check("couriers", {{path, text}, {"common/shipment/courier.hpp", list}}).size();
  };
  CHECK(named("receiver/web/a.cpp", "if (which == courier_kind::guepex) return;\n") == 1);
  CHECK(named("reconciler/hooks/a.cpp", "auto path = \"/webhooks/maystro/\";\n") == 1);
  CHECK(named("common/shop/a.cpp", "#include \"common/nord_west/part.hpp\"\n") == 1);
  CHECK(named("common/door/a.cpp", "auto sql = R\"(->> 'nordwest')\";\n") == 1);
  SUBCASE("in comments they may be, and where they belong") {
    CHECK(named("receiver/web/a.cpp", "int a; // as Guepex does\n") == 0);
    CHECK(named("common/guepex/a.cpp", "namespace guepex {}\n") == 0);
    CHECK(named("common/courier_list/a.cpp", "maystro::part();\n") == 0);
    CHECK(named("tests/unit/a.cpp", "courier_kind::guepex;\n") == 0);
  }
  SUBCASE("so may the names that the shop and its environment have") {
    CHECK(named("common/door/a.cpp", "auto sql = R\"(o.\"maystroOrderId\")\";\n") == 0);
    CHECK(named("common/door/a.cpp", "to.maystro_order_id = s.maystro.read_lag; f(\"MAYSTRO_API_KEY\");\n") ==
          0);
  }
}

TEST_CASE("pairs: a source has a header of its own name and includes it first") {
  const std::map<std::string, std::string> kept{
      {"common/pg/a.hpp", ""}, {"common/pg/a.cpp", "// x\n#include \"common/pg/a.hpp\"\n#include <map>\n"}};
  CHECK(check("pairs", kept).empty());
  CHECK(
      check("pairs", {{"receiver/main.cpp", ""}, {"tests/unit/a.cpp", ""}, {"common/pg/b.hpp", ""}}).empty());
  SUBCASE("no header beside it") {
    CHECK(check("pairs", {{"receiver/web/a.cpp", ""}, {"receiver/api/a.hpp", ""}}).size() == 1);
  }
  SUBCASE("another header first") {
    auto files = kept;
    files["common/pg/a.cpp"] = "#include <map>\n#include \"common/pg/a.hpp\"\n";
    CHECK(check("pairs", files).size() == 1);
    files["common/pg/a.cpp"] = "int x;\n";
    CHECK(check("pairs", files).size() == 1);
    files["common/pg/a.cpp"] = "// #include \"common/pg/a.hpp\"\n#include <map>\n";
    CHECK(check("pairs", files).size() == 1);
  }
}

TEST_CASE("charters: a folder's build file opens by saying what the folder is for") {
  CHECK(check("charters", {{"common/pg/CMakeLists.txt", "# libpq in four coroutines.\n"}}).empty());
  CHECK(check("charters", {{"tests/CMakeLists.txt", "x()\n"}}).empty());
  CHECK(check("charters", {{"common/pg/CMakeLists.txt", "suivi_library(suivi_pg a b c d)\n"}}).size() == 1);
  CHECK(check("charters", {{"receiver/CMakeLists.txt", "# The receiver's folder.\nx()\n"}}).size() == 1);
  CHECK(check("charters", {{"receiver/web/CMakeLists.txt", ""}}).size() == 1);
}

TEST_CASE("folders: no folder holds more than 28 source files, tests not counted") {
  auto folder_of = [](const std::string& folder, int number, const std::string& ending) {
    std::map<std::string, std::string> files{{folder + "/CMakeLists.txt", ""}, {folder + "/inner/a.cpp", ""}};
    for (int i = 0; i < number; ++i) files[folder + "/f" + std::to_string(i) + ending] = "";
    return files;
  };
  CHECK(check("folders", folder_of("common/pg", 28, ".cpp")).empty());
  CHECK(check("folders", folder_of("common/schema", 29, ".sql")).empty());
  CHECK(check("folders", folder_of("tests/system", 29, "_test.cpp")).empty());
  CHECK(check("folders", folder_of("tests/maystro_sim", 29, ".cpp")).size() == 1);
  auto many = check("folders", folder_of("receiver/screen/files/js", 29, ".js"));
  REQUIRE(many.size() == 1);
  CHECK(many[0].message.find("29 source files, more than 28") != std::string::npos);
}

TEST_CASE("pure: a room that says it is pure links only rooms that say so") {
  std::map<std::string, std::string> files{
      {"common/CMakeLists.txt", "add_subdirectory(base)\nadd_subdirectory(pg)\nadd_subdirectory(decision)\n"},
      {"common/base/CMakeLists.txt", "# Pure: errors.\nsuivi_library(suivi_base LINKS fmt::fmt)\n"},
      {"common/pg/CMakeLists.txt", "# libpq in coroutines.\nsuivi_library(suivi_pg LINKS suivi_base)\n"},
      {"common/decision/CMakeLists.txt",
       "# Pure: decides.\nsuivi_library(suivi_decision LINKS suivi_base)\n"}};
  CHECK(check("pure", files).empty());
  files["common/decision/CMakeLists.txt"] =
      "# Pure: decides.\nsuivi_library(suivi_decision LINKS suivi_pg)\n";
  CHECK(check("pure", files).size() == 1);
  files["common/decision/CMakeLists.txt"] = "# Decides.\nsuivi_library(suivi_decision LINKS suivi_pg)\n";
  CHECK(check("pure", files).empty());
}

TEST_CASE("stages: a test's body and each of its subcases have 40 lines at most, and each counts alone") {
  auto lines = [](int number) {
    std::string some;
    for (int i = 0; i < number; ++i) some += "  f();\n";
    return some;
  };
  auto found = [](const std::string& text) {
    return check("stages", {{"tests/unit/a_test.cpp", text}}).size();
  };
  CHECK(found("TEST_CASE(\"x\") {\n" + lines(40) + "}\n") == 0);
  CHECK(found("TEST_CASE(\"x\") {\n" + lines(41) + "}\n") == 1);
  const std::string subcase = "  SUBCASE(\"y\") {\n", none = "  SUBCASE(\"z\") {}\n", end = "  }\n";
  CHECK(found("TEST_CASE(\"x\") {\n" + lines(38) + subcase + lines(40) + end + none + "}\n") == 0);
  CHECK(found("TEST_CASE(\"x\") {\n" + subcase + lines(41) + end + "}\n") == 1);
  CHECK(found("TEST_CASE(\"x\") {\n" + none + lines(41) + "}\n") == 1);
  CHECK(found("TEST_CASE(\"x\") {\n" + lines(30) + "}\nTEST_CASE(\"y\") {\n" + lines(30) + "}\n") == 0);
  CHECK(check("stages", {{"receiver/a.cpp", "TEST_CASE(\"x\") {\n" + lines(41) + "}\n"}}).empty());
}

TEST_CASE("doors: the customer of tests' orders is inserted by the builders alone") {
  CHECK(check("doors", {{"tests/a_test.cpp", "auto s = \"insert into customers values (1)\";\n"}}).size() ==
        1);
  CHECK(check("doors", {{"tests/support/builders.cpp", "auto s = \"insert into customers values (1)\";\n"}})
            .empty());
}

TEST_CASE("words: a private word is no identifier, in whole and in code only") {
  CHECK(check("words", {{"a.cpp", "int applier_count; // the applier\nauto s = \"applier\";\n"}}).empty());
  CHECK(check("words", {{"a.cpp", "applier x;\n"}}).size() == 1);
  CHECK(check("words", {{"a.hpp", "applier applier_;\n"}}).size() == 2);
  CHECK(check("words", {{"a.hpp", "x.kept_up();\ny = kept_up;\n"}}).size() == 2);
  CHECK(check("words", {{"a.cpp", "log(e.what());\n"}}).empty());
  CHECK(check("words", {{"a.cpp", "int what = 1;\n"}}).size() == 1);
  CHECK(check("words", {{"a.cpp", "int orders_seen; seen_set told_at_;\n"}}).size() == 2);
}

TEST_CASE("co_await: the plain shapes pass") {
  for (const char* good :
       {"co_await f(a);", "auto x = co_await f(a, b[0], c());", "x.y = co_await f();",
        "co_return co_await f(a);", "if (a) co_await f();", "else co_await f();",
        "for (auto& e : all) co_await f(e);", "auto [a, b] = co_await f();",
        "auto x =\n      co_await f(a,\n                 b);", "// co_await f(a ? b : c);\n  co_await g();",
        "auto body = [&]() -> task<void> { co_await f(); };",
        "for (int i = 0; i < 3; ++i) { co_await f(i); }", "bool ok = a ? b : c;\n  co_await f(ok);",
        "co_await f(\"{?}\");", "switch (a) { case b: co_await f(); }"}) {
    CAPTURE(good);
    CHECK(shapes(good) == 0);
  }
}

TEST_CASE("co_await: everything that holds a temporary or hides the suspension is caught") {
  for (const char* bad :
       {"co_await f(a ? b : c);", "co_await f([&] { return 1; });", "co_await f(a, {b, c});",
        "auto x = co_await f(point{1, 2});", "auto x = a ? co_await f() : 0;", "if (co_await f()) g();",
        "while (co_await f()) { g(); }", "g(co_await f());", "auto x = 1 + co_await f();",
        "auto x = co_await f(co_await g());", "auto x = point{1, co_await f()};",
        "auto x = (co_await f()).value();", "x += co_await f();", "return a && co_await f();"}) {
    CAPTURE(bad);
    CHECK(shapes(bad) == 1);
  }
}

TEST_CASE("heads: sources, schema and scripts open with a comment that says something") {
  CHECK(check("heads", {{"a.cpp", "// What this file is there for.\n"}}).empty());
  CHECK(check("heads", {{"a.sql", "-- What this file is there for.\n"}}).empty());
  CHECK(check("heads", {{"run", "#!/bin/sh\n# What this file is there for.\n"}}).empty());
  CHECK(check("heads", {{"README.md", "text"}}).empty());
  CHECK(check("heads", {{"a.cpp", "#include <a>\n"}}).size() == 1);
  CHECK(check("heads", {{"a.hpp", "// a.hpp\n"}}).size() == 1);
  CHECK(check("heads", {{"a.cpp", "// One after another.\n"}}).size() == 1);
  CHECK(check("heads", {{"a.cpp", "// What this file does, as gone.hpp says.\n"}}).size() == 1);
  CHECK(check("heads", {{"a.cpp", "// What this file does, as gone.hpp says.\n"},
                        {"x/gone.hpp", "// What this file is there for.\n"}})
            .empty());
  CHECK(check("heads", {{"a.sql", "CREATE TABLE a ();\n"}}).size() == 1);
  CHECK(check("heads", {{"run", "#!/bin/sh\nset -eu\n"}}).size() == 1);
}

TEST_CASE("lengths: four hundred lines and no more") {
  CHECK(check("lengths", {{"a.cpp", std::string(400, '\n')}}).empty());
  CHECK(check("lengths", {{"a.cpp", std::string(401, '\n')}}).size() == 1);
  CHECK(check("lengths", {{"a.sql", std::string(401, '\n')}}).size() == 1);
  CHECK(check("lengths", {{"README.md", std::string(401, '\n')}}).empty());
}

TEST_CASE("doors: each library and system call has one") {
  const std::map<std::string, std::string> sample{
      {"common/pg/", "#include <libpq-fe.h>"},
      {"common/http/", "#include <boost/beast/core.hpp>"},
      {"common/crypto/", "#include <openssl/evp.h>"},
      {"common/config/", "auto x = std::getenv(\"A\");"},
      {"common/base/time.", "auto x = std::chrono::system_clock::now();"},
      {"common/metrics/", "#include <prometheus/counter.h>"},
      {"common/config/toml", "#include <toml++/toml.h>"}};
  for (const auto& [door, text] : sample) {
    CAPTURE(text);
    CHECK(check("doors", {{door + "x.cpp", text}}).empty());
    CHECK(check("doors", {{"receiver/x.cpp", text}}).size() == 1);
    CHECK(check("doors", {{"receiver/x.cpp", "// " + text}}).empty());
  }
  CHECK(check("doors", {{"receiver/x.cpp", "PQfinish(c);"}}).size() == 1);
  CHECK(
      check("doors", {{"receiver/x.cpp", "auto b = 10'000; char c = '\"'; extern char** environ;"}}).size() ==
      1);
}

TEST_CASE("doors: the receiver parses JSON within limits only") {
  CHECK(check("doors", {{"receiver/x.cpp", "auto v = boost::json::parse(text);"}}).size() == 1);
  CHECK(check("doors", {{"receiver/x.cpp", "auto v = parse_json(text);"}}).empty());
}

TEST_CASE("doors: the shop's orders are written by one") {
  for (const char* text :
       {"update orders set x = 1", "insert into \"orders\" values (1)", "DELETE FROM orders"}) {
    CAPTURE(text);
    std::string code = "constexpr auto sql = R\"(" + std::string(text) + ")\";";
    CHECK(check("doors", {{"common/door/x.cpp", code}}).empty());
    CHECK(check("doors", {{"reconciler/store/x.cpp", code}}).size() == 1);
    CHECK(check("doors", {{"common/schema/x.sql", text}}).size() == 1);
    CHECK(check("doors", {{"tests/x.cpp", code}}).empty());
  }
  CHECK(check("doors", {{"receiver/x.cpp", "auto s = \"select from orders for update\";"}}).empty());
}

TEST_CASE("loose ends: nothing is detached and no context is stopped") {
  CHECK(check("loose_ends", {{"a.cpp", "co_spawn(e, f(), asio::detached);"}}).size() == 1);
  CHECK(check("loose_ends", {{"a.cpp", "std::thread(f).detach();"}}).size() == 1);
  CHECK(check("loose_ends", {{"a.cpp", "context.stop();"}}).size() == 1);
  CHECK(check("loose_ends", {{"a.cpp", "group.spawn(\"detached\", f());"}}).empty());
}

TEST_CASE("names: a file is called after what it holds") {
  CHECK(check("names", {{"common/pg/pool.cpp", ""}}).empty());
  for (const char* bad :
       {"common/pg/util.hpp", "receiver/webhook_helper.cpp", "common/data.hpp", "a/manager.cpp"}) {
    CAPTURE(bad);
    CHECK(check("names", {{bad, ""}}).size() == 1);
  }
}

TEST_CASE("places: no file names a folder of one machine") {
  CHECK(check("places", {{"a.md", "see /etc/suivi and /var/lib/suivi"}}, "/src/suivi").empty());
  CHECK(check("places", {{"a.md", "see /src/suivi/build"}}, "/src/suivi").size() == 1);
  CHECK(check("places",
              {{"run", "cd /"
                       "home/somebody/suivi"}},
              "/src/suivi")
            .size() == 1);
  CHECK(check("places",
              {{"run", "cat /"
                       "root/.pgpass"}},
              "/src/suivi")
            .size() == 1);
}

TEST_CASE("screen: scripts and sheets say what they are for, stay short, and read nothing as markup") {
  auto found = [](const std::string& path, const std::string& text) {
    return check("screen", {{path, text}}).size();
  };
  const std::string script = "receiver/screen/files/js/a.js";
  CHECK(found(script, "// Says something.\nexport const a = 1;\n") == 0);
  CHECK(found(script, "export const a = 1;\n") == 1);
  CHECK(found(script, "// Says something.\nnode.innerHTML = text;\n") == 1);
  CHECK(found(script, "// Says something.\n" + std::string(401, '\n')) == 1);
  CHECK(found("receiver/screen/files/css/a.css", "/* Says something. */\na { color: red; }\n") == 0);
  CHECK(found("receiver/screen/files/css/a.css", "a { color: red; }\n") == 1);
  CHECK(found("tests/bench/rival/server.js", "eval(text);\n") == 0); // nobody's browser
}
