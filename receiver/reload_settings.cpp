// Changes the settings in place. They are read anew for each request.
#include "receiver/reload_settings.hpp"

#include "common/log/log.hpp"
#include "common/program/bootstrap.hpp"

namespace suivi::receiver {

bool take_reloadable(const config::settings& fresh, config::settings& in_force) {
  bool other_token = in_force.receiver.admin_token.reveal() != fresh.receiver.admin_token.reveal();
  in_force.receiver.webhook_secrets = fresh.receiver.webhook_secrets;
  in_force.receiver.admin_token = fresh.receiver.admin_token;
  in_force.log.level = fresh.log.level;
  log::set_level(program::level_of(in_force.log.level));
  log::info("the webhook secrets, the admin token and the log's level were read again",
            {{"webhook_secrets", in_force.receiver.webhook_secrets.size()},
             {"admin_token", !in_force.receiver.admin_token.empty()},
             {"level", in_force.log.level}});
  if (config::to_toml(in_force) != config::to_toml(fresh))
    log::warn("other settings have changed too: they are taken at the next start");
  return other_token;
}

void warn_of_copies(const std::string& file, const config::environment& env) {
  auto copies = env.find("CREDENTIALS_DIRECTORY"), named = env.find("SUIVI_CONFIG");
  if (copies == env.end() || copies->second.empty()) return;
  std::string path = file.empty() && named != env.end() ? named->second : file;
  if (path.starts_with(copies->second + "/"))
    log::warn("settings and secrets are systemd's copies from this service's start: new ones want a restart",
              {{"folder", copies->second}});
}

} // namespace suivi::receiver
