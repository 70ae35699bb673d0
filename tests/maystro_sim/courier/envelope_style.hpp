// The shapes in which the courier's webhooks have been seen, from the sender's side. Pure.
#pragma once

#include "common/base/time.hpp"
#include "tests/maystro_sim/world/draw.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::sim {

enum class envelope_style {
  pubsub_once,    // {"message":{"data":"<base64>","messageId":…,"publishTime":…},"subscription":…}
  pubsub_twice,   // the same, the text in base64 twice
  pubsub_thrice,  // … three times
  payload_base64, // {"payload":"<base64>"}
  payload_text,   // {"payload":"{…}"}
  data_base64,    // {"data":"<base64>"}
  bare_base64,    // base64 and nothing else, as text/plain
  json_string,    // "{\"event\":…}"
  plain,          // {"event":…}
};
inline constexpr std::size_t style_count = 9;

[[nodiscard]] std::string_view style_name(envelope_style style);
[[nodiscard]] std::optional<envelope_style> parse_style(std::string_view name);
// Only the Pub/Sub ones say when and under which id they were published.
[[nodiscard]] bool is_timed(envelope_style style);

struct style_weight {
  envelope_style style;
  double weight;
};
// From `style:weight`; nullopt for an unknown style, a bad weight, or if all weights are 0.
[[nodiscard]] std::optional<std::vector<style_weight>> parse_style_mix(const std::vector<std::string>& words);
[[nodiscard]] envelope_style choose_style(const std::vector<style_weight>& mix, draw& chance);

struct wrapped {
  std::string content_type;
  std::string body;
};
// `event` is the JSON text inside. `chance` decides what varies within a style: alphabet and padding of the
// base64, the content type, the spelling of the Pub/Sub members.
[[nodiscard]] wrapped wrap(envelope_style style, std::string_view event, std::string_view message_id,
                           std::optional<instant> published_at, draw& chance);

} // namespace suivi::sim
