// Parses the command line with CLI11.
#include "receiver/command_line.hpp"

#include "common/program/exit_status.hpp"
#include "common/program/suggestion.hpp"
#include "common/program/version.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace suivi::receiver {
namespace {

CLI::App* add_replay(CLI::App& app, replay_arguments& arguments) {
  auto* replay = app.add_subcommand(
      "replay", "bring stored webhooks once more through the very same path; safe to run twice, and beside a "
                "running receiver");
  replay
      ->add_option("--since", arguments.since,
                   "received then or later: RFC 3339 (no offset: UTC) or an age (24h)")
      ->type_name("T");
  replay->add_option("--until", arguments.until, "received earlier than that")->type_name("T");
  replay->add_option("--event", arguments.events, "this event only; may be repeated")
      ->type_name("ID")
      ->allow_extra_args(false);
  replay
      ->add_option(
          "--outcome", arguments.outcome,
          "events of this outcome, or `all`; without it parked, failed, conflict and quarantined ones")
      ->type_name("O");
  replay
      ->add_option("--account", arguments.account,
                   "events of this account; with --file and --legacy the account that all of them are of")
      ->type_name("ID");
  replay
      ->add_option(
          "--file", arguments.file,
          "instead of stored webhooks: lines that are webhook bodies, or events as the API prints them")
      ->type_name("F.ndjson");
  replay->add_flag("--legacy", arguments.legacy,
                   "instead of stored webhooks: rows of the old system's webhook_events it never processed");
  replay->add_option("--rate", arguments.rate, "at most so many events a second")->type_name("N");
  replay->add_flag("--dry-run", arguments.dry_run,
                   "decide, write nothing at all, and show what would change");
  replay->footer("Exit status: 0 done, 1 failed, 2 usage or settings, 3 some events failed (they are tried "
                 "again by a receiver) or it was stopped (SIGINT, SIGTERM), with what it held given back.");
  return replay;
}

struct spool_commands {
  CLI::App* spool;
  CLI::App* drain;
};

spool_commands add_spool(CLI::App& app) {
  CLI::App* spool = app.add_subcommand("spool", "the webhooks that lie in receiver.spool");
  spool->require_subcommand(1);
  spool->add_subcommand("status", "how many there are, and since when");
  CLI::App* drain = spool->add_subcommand(
      "drain", "bring them into the database; safe to run twice, and beside a running receiver");
  drain->footer("Exit status: 0 done, 1 failed, 2 usage or settings, 3 some are left in the spool.");
  return {spool, drain};
}

} // namespace

std::variant<command_line, int> read_command_line(int argc, const char* const* argv) {
  command_line wanted;
  CLI::App app(
      "Takes the courier's webhooks, keeps them durably, answers, and applies them to the shop's orders.",
      "suivi-receiver");
  app.footer(
      "The server answers webhooks at /webhooks/maystro/{secret}; /healthz, /readyz and /metrics; and, with "
      "receiver.admin_token set, the operations API below /api/v1/ (see deploy/OPERATIONS.md). While the "
      "database is "
      "away "
      "it keeps webhooks in receiver.spool (`spool status`, `spool drain`). SIGTERM ends it within 10 "
      "seconds.\n"
      "Exit status: 0 done, 1 failed, 2 usage or settings.\n"
      "Settings: --config FILE, else $SUIVI_CONFIG, else ./suivi.toml; every key also as SUIVI_SECTION_KEY; "
      "a "
      "secret\nalso in a file, named by KEY_file or SUIVI_SECTION_KEY_FILE. All of them: deploy/SETTINGS.md. "
      "Some:\n"
      "  receiver.health_listen    a second address with /healthz, /readyz and /metrics only\n"
      "  receiver.drain_delay      after SIGTERM /readyz says 503 for so long, webhooks are still taken; "
      "then it "
      "stops\n"
      "  receiver.tls_certificate, receiver.tls_key  PEM files; both set: HTTPS, read again at SIGHUP\n"
      "  receiver.allow_from       networks webhooks are taken from, as [\"203.0.113.0/24\"]; none: from "
      "any\n"
      "  receiver.trusted_proxies  networks whose X-Forwarded-For names the client, as [\"127.0.0.1\"]\n"
      "--check-config prints all of them as they are in force, or each mistake with what is allowed.\n"
      "Signals: SIGTERM, SIGINT: finish what was taken and end, within 10 s; SIGHUP: read the TLS files, "
      "the webhook\nsecrets, the admin token and log.level anew.\n"
      "Webhooks are kept for retention.events, by whole days (UTC). What cannot be understood is kept aside\n"
      "(quarantined), listed by the operations API, and read again by newer programs.");
  bool check_config = false;
  app.set_version_flag("--version", fmt::format("suivi-receiver {}", program::version()),
                       "print the version and exit");
  app.add_option("--config", wanted.config_file, "the settings file (TOML)")->type_name("FILE");
  app.add_flag("--check-config", check_config, "print the settings in force, secrets masked, and exit");
  app.add_flag("--json", wanted.json, "print one JSON document on standard output");
  app.require_subcommand(0, 1);
  app.fallthrough();
  app.add_subcommand("serve", "the server (what it does without a command)");
  auto* migrate = app.add_subcommand("migrate", "bring the schema `suivi` up to date and exit");
  migrate->add_flag("--check", wanted.migrate.check, "change nothing: 0 if it is current, 1 if it is behind");
  auto* replay = add_replay(app, wanted.replay);
  spool_commands spool = add_spool(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    int status = app.exit(e);
    if (status != 0) fmt::print(stderr, "{}", program::suggestions(app));
    return status == 0 ? program::exits::done : program::exits::usage;
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
