// Parses the command line with CLI11.
#include "receiver/command_line.hpp"

#include "common/program/empty_argument.hpp"
#include "common/program/exit_status.hpp"
#include "common/program/suggestion.hpp"
#include "common/program/version.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace suivi::receiver {
namespace {

constexpr const char* app_footer =
    "Without a command it is the server: webhooks at /webhooks/{courier}/{secret}, "
    "/healthz, /readyz and /metrics, and with receiver.admin_token set the "
    "dashboard at / and the operations API at /api/v1 (deploy/OPERATIONS.md). While the database is away it "
    "keeps webhooks in receiver.spool.\n"
    "Signals: SIGTERM, SIGINT: finish what was taken and end with status 0 within 10 s; SIGHUP: read the TLS "
    "files, the webhook secrets, the admin token and log.level anew.\n"
    "Settings: --config FILE, else $SUIVI_CONFIG, else ./suivi.toml; every key also as SUIVI_SECTION_KEY, a "
    "secret also in a file, named by KEY_file or SUIVI_SECTION_KEY_FILE. All of them: deploy/SETTINGS.md. "
    "--check-config prints them as they are in force, or what is wrong. Some:\n"
    "  receiver.health_listen    a second address with /healthz, /readyz and /metrics only\n"
    "  receiver.drain_delay      after SIGTERM /readyz says 503 for so long, webhooks are still taken; then "
    "it "
    "stops\n"
    "  receiver.tls_certificate, receiver.tls_key  PEM files; both set: HTTPS\n"
    "  receiver.allow_from       networks webhooks are taken from, as [\"203.0.113.0/24\"]; none: from any\n"
    "  receiver.trusted_proxies  networks whose X-Forwarded-For names the client, as [\"127.0.0.1\"]\n"
    "Exit status: 0 done, 1 failed, 2 usage or settings, 3 finished but incomplete (replay, spool drain).";

CLI::App* add_replay(CLI::App& app, replay_arguments& arguments) {
  auto* replay = app.add_subcommand(
      "replay", "apply stored webhooks again; safe to run twice, and beside a running receiver");
  replay
      ->add_option("--since", arguments.since,
                   "received then or later: RFC 3339 (no offset: UTC) or an age (24h)")
      ->type_name("T");
  replay->add_option("--until", arguments.until, "received earlier than that")->type_name("T");
  replay->add_option("--event", arguments.events, "only this event; may be repeated")
      ->type_name("ID")
      ->allow_extra_args(false);
  replay
      ->add_option("--outcome", arguments.outcome,
                   "only events of this outcome, or `all`; else parked, failed, conflict and quarantined")
      ->type_name("O");
  replay
      ->add_option("--account", arguments.account,
                   "only events of this account; with --file and --legacy the account they are of")
      ->type_name("ID");
  replay
      ->add_option("--file", arguments.file,
                   "not stored webhooks but a file's: each line a webhook body, or an event as the API "
                   "prints it")
      ->type_name("F.ndjson");
  replay->add_flag("--legacy", arguments.legacy,
                   "not stored webhooks but the rows of the old system's webhook_events it never processed");
  replay->add_option("--rate", arguments.rate, "at most N events a second")
      ->type_name("N")
      ->check([](const std::string& text) { return text.empty() ? "a number must follow" : std::string(); });
  replay->add_flag("--dry-run", arguments.dry_run, "write nothing, and show what would change");
  replay->footer("Exit status: 0 done, 1 failed, 2 usage or settings, 3 some events failed (a receiver tries "
                 "them again), or it was stopped (SIGINT, SIGTERM).");
  return replay;
}

struct spool_commands {
  CLI::App* spool;
  CLI::App* drain;
};

spool_commands add_spool(CLI::App& app) {
  CLI::App* spool = app.add_subcommand("spool", "the webhooks that lie in receiver.spool");
  spool->require_subcommand(1);
  spool->add_subcommand("status", "how many there are, and since when")
      ->footer("Exit status: 0 done, 1 failed, 2 usage or settings.");
  CLI::App* drain = spool->add_subcommand(
      "drain", "bring them into the database; safe to run twice, and beside a running receiver");
  drain->footer("Exit status: 0 done, 1 failed, 2 usage or settings, 3 some are left in the spool.");
  return {spool, drain};
}

} // namespace

std::variant<command_line, int> read_command_line(int argc, const char* const* argv) {
  command_line wanted;
  CLI::App app("Takes the couriers' webhooks, makes each durable, answers it, and applies it to the shop's "
               "orders.",
               "suivi-receiver");
  bool check_config = false;
  app.set_version_flag("--version", fmt::format("suivi-receiver {}", program::version()),
                       "print the version and exit");
  app.add_option("--config", wanted.config_file, "the settings file (TOML)")->type_name("FILE");
  app.add_flag("--check-config", check_config, "print the settings in force, secrets masked, and exit");
  app.add_flag("--json", wanted.json, "print one JSON document on standard output");
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.add_subcommand("serve", "the server (the default)");
  auto* migrate = app.add_subcommand("migrate", "bring the schema `suivi` up to date");
  migrate->add_flag("--check", wanted.migrate.check,
                    "change nothing: status 0 if it is current, 1 if behind");
  auto* replay = add_replay(app, wanted.replay);
  spool_commands spool = add_spool(app);
  app.footer(app_footer); // after the commands, which would inherit it
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    int status = app.exit(e);
    if (status != 0) fmt::print(stderr, "{}", program::suggestions(app));
    return status == 0 ? program::exits::done : program::exits::usage;
  }
  if (auto problem = program::empty_argument(app)) {
    fmt::print(stderr, "suivi-receiver: {}\n", *problem);
    return program::exits::usage;
  }
  wanted.replay.json = wanted.migrate.json = wanted.spool.json = wanted.json;
  if (check_config)
    wanted.command = command::check_config;
  else if (migrate->parsed())
    wanted.command = command::migrate;
  else if (replay->parsed())
    wanted.command = command::replay;
  else if (spool.spool->parsed())
    wanted.command = command::spool;
  wanted.spool.drain = spool.drain->parsed();
  return wanted;
}

} // namespace suivi::receiver
