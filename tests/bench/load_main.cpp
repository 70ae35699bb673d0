// bench-load: `send` sends webhooks and prints `name=value` lines; `bad` sends what is none, so many bytes a
// second; `idle` holds connections until its standard input ends; `ready` waits for a receiver. Exit status:
// 0 done, 1 failed or not everything was acknowledged, 2 usage.
#include "tests/bench/bad_input.hpp"
#include "tests/bench/load.hpp"

#include <CLI/CLI.hpp>
#include <exception>
#include <fmt/format.h>
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

namespace suivi::bench {
namespace {

long long microseconds_of(instant t) {
  return t.time_since_epoch().count();
}

double processor_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

int send(const load_plan& plan, const std::string& ids_file) {
  auto done = run_load(plan);
  std::chrono::duration<double> seconds = done.ended - done.began;
  fmt::print("sent={}\nacknowledged={}\nrefused={}\nbroken={}\n", done.sent, done.acknowledged, done.refused,
             done.broken);
  fmt::print("began_us={}\nended_us={}\nseconds={:.3f}\n", microseconds_of(done.began),
             microseconds_of(done.ended), seconds.count());
  fmt::print("rate={:.0f}\n",
             seconds.count() > 0 ? static_cast<double>(done.acknowledged) / seconds.count() : 0);
  fmt::print("p50_ms={:.2f}\np99_ms={:.2f}\nmax_ms={:.2f}\n", done.took.milliseconds_at(0.5),
             done.took.milliseconds_at(0.99), done.took.milliseconds_at(1));
  fmt::print("next={}\ncpu_s={:.3f}\n", plan.first + done.sent, processor_seconds());
  if (!ids_file.empty()) {
    std::ofstream out(ids_file);
    for (const auto& one : done.ids) out << one.id << '\t' << microseconds_of(one.due) << '\n';
  }
  return done.acknowledged == done.sent ? 0 : 1;
}

int send_bad(const load_plan& load, double bytes_per_second) {
  auto done = send_bad_input({load.port, load.plan.target, load.seconds, bytes_per_second, load.connections});
  std::chrono::duration<double> seconds = done.took;
  fmt::print("pieces={}\nkept={}\nrefused={}\nunavailable={}\nunanswered={}\n", done.pieces, done.kept,
             done.refused, done.unavailable, done.unanswered);
  fmt::print("megabytes_per_second={:.2f}\n", static_cast<double>(done.bytes) / 1e6 / seconds.count());
  return 0;
}

int ready(unsigned short port, const std::string& word, double seconds) {
  auto at = await_ready(port, word, seconds);
  if (!at) return 1;
  fmt::print("{}\n", microseconds_of(*at));
  return 0;
}

void allow_many_connections() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

} // namespace
} // namespace suivi::bench

int main(int argc, char** argv) {
  using namespace suivi::bench;
  load_plan plan;
  plan.plan.target = "/webhooks/maystro/example-secret?account=bench";
  std::string ids_file;
  double bad_bytes = 1e6;
  std::string word = R"("database":"up")";
  CLI::App app("Sends webhooks to a receiver on this machine and measures its answers");
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--port", plan.port, "the receiver's")->required();
  app.add_option("--target", plan.plan.target, "path and query")->capture_default_str();
  app.add_option("--connections", plan.connections, "keep-alive connections")->capture_default_str();
  app.add_option("--seconds", plan.seconds, "at most so long")->capture_default_str();
  app.add_option("--count", plan.count, "at most so many webhooks, 0 = no limit")->capture_default_str();
  app.add_option("--first", plan.first, "number of the first webhook")->capture_default_str();
  app.add_option("--orders", plan.plan.orders, "orders they are about")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  app.add_option("--run", plan.plan.run, "begins their message ids")->capture_default_str();
  app.add_option("--bodies", plan.plan.bodies,
                 "tell so many webhooks again and again, 0 = each tells something else")
      ->capture_default_str();
  app.add_option("--rate", plan.rate, "webhooks a second, 0 = each connection as fast as it is answered")
      ->capture_default_str();
  app.add_option("--ids", ids_file, "write each answer's id and when its webhook was due there");
  app.add_option("--word", word, "what the body of /readyz must hold")->capture_default_str();
  app.add_option("--bytes", bad_bytes, "of bad input a second")
      ->check(CLI::Range(1.0, 1e9))
      ->capture_default_str();
  auto* sending = app.add_subcommand("send", "send, print name=value lines");
  auto* spoiling = app.add_subcommand("bad", "send what is no webhook, print name=value lines");
  auto* holding =
      app.add_subcommand("idle", "one webhook on each connection, then hold them until standard input ends");
  app.add_subcommand("ready", "print the moment /readyz answers 200, in microseconds since 1970");
  CLI11_PARSE(app, argc, argv);
  plan.keep_ids = !ids_file.empty();
  allow_many_connections();
  try {
    if (sending->parsed()) return send(plan, ids_file);
    if (spoiling->parsed()) return send_bad(plan, bad_bytes);
    if (!holding->parsed()) return ready(plan.port, word, plan.seconds);
    hold_idle(plan, STDIN_FILENO);
    return 0;
  } catch (const std::exception& e) {
    fmt::print(stderr, "bench-load: {}\n", e.what());
    return 1;
  }
}
