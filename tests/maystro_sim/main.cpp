// suivi-maystro-sim: `serve` plays the courier, `load-shop` fills a database with the sample shop it belongs
// to. Exit status: 0 done (SIGTERM too), 1 failed, 2 usage.
#include "common/log/log.hpp"
#include "common/runtime/signals.hpp"
#include "tests/maystro_sim/shop/load_shop.hpp"
#include "tests/maystro_sim/simulator.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <fmt/format.h>
#include <fstream>

namespace suivi::sim {
namespace {

struct arguments {
  std::vector<std::string> accounts; // id:token[:name]
  std::vector<std::string> tokens;   // accounts named account-1, account-2, …
  std::uint64_t seed = 1;
  std::uint64_t known = 10'000;
  double twice_share = 0.02;
  // serve
  std::string listen = "127.0.0.1:0";
  std::string port_file;
  std::string moves_file;
  double foreign_share = 0.01;
  settings begin;
  // load-shop
  std::string database;
  std::string base_url;
  std::uint64_t orders = 20'000;
  double mixed_up_share = 0;
};

result<std::vector<client_account>> accounts_of(const arguments& args) {
  std::vector<client_account> all;
  for (const auto& text : args.accounts) {
    auto one = parse_account(text);
    if (!one) return permanent("accounts", "id:token[:name], not " + text.substr(0, text.find(':')));
    all.push_back(std::move(*one));
  }
  for (const auto& token : args.tokens) {
    const auto id = fmt::format("account-{}", all.size() + 1);
    all.push_back({id, token, id});
  }
  if (all.empty()) all.push_back({"account-1", "example-key-1", "account-1"});
  return all;
}

void write_port(const std::string& path, unsigned short port) {
  if (path.empty()) return;
  const auto draft = path + ".new"; // readers see the whole number or no file
  std::ofstream(draft) << port << '\n';
  if (std::rename(draft.c_str(), path.c_str()) != 0) log::error("port file not written", {{"path", path}});
}

task<void> stop_at_signal(simulator& courier) {
  co_await runtime::stop_requested();
  courier.stop();
}

task<void> both(simulator& courier) {
  auto executor = co_await asio::this_coro::executor;
  runtime::task_group group(executor);
  group.spawn("signals", stop_at_signal(courier));
  co_await courier.run();
  group.cancel();
  co_await group.join();
}

int fail(const error& e) {
  fmt::print(stderr, "suivi-maystro-sim: {}\n", to_string(e));
  return 1;
}

int finish(asio::io_context& context, task<void> work) {
  std::exception_ptr thrown;
  asio::co_spawn(context, std::move(work), [&](std::exception_ptr e) { thrown = e; });
  context.run();
  if (thrown) std::rethrow_exception(thrown);
  return 0;
}

int serve(const arguments& args) {
  if (const auto why = wrong(args.begin)) {
    fmt::print(stderr, "suivi-maystro-sim: {}\n", *why);
    return 2;
  }
  auto accounts = accounts_of(args);
  if (!accounts) {
    fmt::print(stderr, "suivi-maystro-sim: {}\n", to_string(accounts.error()));
    return 2;
  }
  world_shape shape;
  shape.first = {args.seed, args.known, accounts->size(), args.twice_share};
  shape.foreign_share = args.foreign_share;
  shape.start = now();
  std::optional<move_log> moves;
  if (!args.moves_file.empty()) {
    auto opened = move_log::open(args.moves_file, shape.start);
    if (!opened) return fail(opened.error());
    shape.start = opened->start();
    moves.emplace(std::move(*opened));
  }
  runtime::raise_open_file_limit();
  asio::io_context context(1);
  simulator courier(context.get_executor(), std::move(shape), std::move(*accounts), args.begin,
                    std::move(moves));
  if (auto bound = courier.listen(args.listen); !bound) return fail(bound.error());
  const auto host = args.listen.substr(0, args.listen.rfind(':'));
  write_port(args.port_file, courier.port());
  fmt::print("http://{}:{}\n", host, courier.port());
  std::fflush(stdout);
  return finish(context, both(courier));
}

task<void> load(const arguments& args, shop_shape shape, std::optional<result<loaded>>& outcome) {
  auto done = co_await load_shop(args.database, std::move(shape), args.base_url);
  outcome.emplace(std::move(done));
}

int load(const arguments& args) {
  auto accounts = accounts_of(args);
  if (!accounts || args.known > args.orders) {
    fmt::print(stderr, "suivi-maystro-sim: {}\n",
               accounts ? "--known: at most --orders" : to_string(accounts.error()));
    return 2;
  }
  shop_shape shape;
  shape.first = {args.seed, args.known, accounts->size(), args.twice_share};
  shape.orders = args.orders;
  shape.accounts = std::move(*accounts);
  shape.mixed_up_share = args.mixed_up_share;
  shape.now = now();
  asio::io_context context(1);
  std::optional<result<loaded>> outcome;
  finish(context, load(args, std::move(shape), outcome));
  if (!outcome || !*outcome) return fail(outcome ? outcome->error() : permanent("load", "interrupted"));
  const auto& done = outcome->value();
  if (done.orders_before > 0)
    fmt::print("{} orders were there already\n", done.orders_before);
  else
    fmt::print("{} orders loaded{}\n", done.orders, done.tables_made ? ", tables made" : "");
  return 0;
}

// A flag for every setting: changes_per_second is --changes-per-second.
void add_settings(CLI::App& to, settings& begin) {
  visit(begin, [&](const char* name, auto& value) {
    std::string flag = std::string("--") + name;
    std::replace(flag.begin(), flag.end(), '_', '-');
    auto* option =
        to.add_option(flag, value)->capture_default_str()->group("Settings (README.md says what they do)");
    if constexpr (requires { value.push_back({}); }) {
      if constexpr (!std::is_same_v<std::decay_t<decltype(value)>, std::string>) option->delimiter(',');
    }
  });
}

void add_common(CLI::App& to, arguments& args) {
  to.add_option("--accounts", args.accounts, "id:token[:name],…")->delimiter(',');
  to.add_option("--tokens", args.tokens, "tokens of accounts named account-1, account-2, …")->delimiter(',');
  to.add_option("--seed", args.seed, "the same seed gives the same orders")->capture_default_str();
  to.add_option("--twice-share", args.twice_share, "share of the known orders shipped twice")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
}

} // namespace
} // namespace suivi::sim

int main(int argc, char** argv) {
  using namespace suivi::sim;
  arguments args;
  CLI::App app("The courier's stand-in, and the sample shop that goes with it");
  app.require_subcommand(1);
  auto* serving = app.add_subcommand("serve", "play the courier until SIGTERM; prints the base URL");
  add_common(*serving, args);
  serving->add_option("--orders", args.known, "orders that courier and shop share")->capture_default_str();
  serving
      ->add_option("--foreign-share", args.foreign_share,
                   "further parcels the shop knows nothing of, as a share")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  serving->add_option("--listen", args.listen, "address:port, port 0 = any")->capture_default_str();
  serving->add_option("--port-file", args.port_file, "the port in use is written there");
  serving->add_option("--moves-file", args.moves_file,
                      "the parcels' moves are kept there, and made again at the next start");
  add_settings(*serving, args.begin);
  auto* loading = app.add_subcommand("load-shop", "fill a database with sample orders, if it holds none");
  add_common(*loading, args);
  loading->add_option("--database", args.database, "libpq URI or conninfo")->required();
  loading->add_option("--orders", args.orders, "orders in the shop")->capture_default_str();
  loading->add_option("--known", args.known, "of them, known to the courier")->capture_default_str();
  loading->add_option("--base-url", args.base_url, "the accounts' baseUrl")->required();
  loading
      ->add_option("--mixed-up-share", args.mixed_up_share,
                   "of the known: shows another order's tracking number")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  suivi::log::configure("suivi-maystro-sim", suivi::log::level::warn, suivi::log::format::text);
  return serving->parsed() ? serve(args) : load(args);
}
