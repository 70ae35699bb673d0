// Wraps answers in one of the envelopes that the courier was seen to use.
#include "tests/maystro_sim/courier/envelope_style.hpp"

#include "common/crypto/crypto.hpp"

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

namespace suivi::sim {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, style_count> names{"pubsub_once",    "pubsub_twice", "pubsub_thrice",
                                                          "payload_base64", "payload_text", "data_base64",
                                                          "bare_base64",    "json_string",  "plain"};

// Mostly the standard form, sometimes URL-safe, sometimes without padding.
std::string encoded(std::string_view text, draw& chance) {
  auto out = crypto::base64_encode(text);
  if (chance.chance(0.2))
    for (auto& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  if (chance.chance(0.2))
    while (out.ends_with('=')) out.pop_back();
  return out;
}

std::string pubsub(std::string_view event, int rounds, std::string_view message_id,
                   std::optional<instant> published_at, draw& chance) {
  std::string coded(event);
  for (int i = 0; i < rounds; ++i) coded = encoded(coded, chance);
  json::object message{{"data", coded}, {"attributes", json::object{}}};
  const bool both_spellings = chance.chance(0.5);
  message["messageId"] = message_id;
  if (both_spellings) message["message_id"] = message_id;
  if (published_at) {
    message["publishTime"] = format_instant(*published_at);
    if (both_spellings) message["publish_time"] = format_instant(*published_at);
  }
  return json::serialize(
      json::object{{"message", std::move(message)},
                   {"subscription", "projects/example-courier/subscriptions/example-hooks"}});
}

} // namespace

std::string_view style_name(envelope_style style) {
  return names[static_cast<std::size_t>(style)];
}

std::optional<envelope_style> parse_style(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<envelope_style>(i);
  return std::nullopt;
}

bool is_timed(envelope_style style) {
  return style == envelope_style::pubsub_once || style == envelope_style::pubsub_twice ||
         style == envelope_style::pubsub_thrice;
}

std::optional<std::vector<style_weight>> parse_style_mix(const std::vector<std::string>& words) {
  std::vector<style_weight> mix;
  double sum = 0;
  for (const std::string_view word : words) {
    const auto colon = word.find(':');
    const auto style = parse_style(word.substr(0, colon));
    double weight = 1;
    if (colon != std::string_view::npos) {
      const auto number = word.substr(colon + 1);
      const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), weight);
      if (failed != std::errc() || end != number.data() + number.size()) return std::nullopt;
    }
    if (!style || !(weight >= 0) || weight > 1e9) return std::nullopt;
    mix.push_back({*style, weight});
    sum += weight;
  }
  if (sum <= 0) return std::nullopt;
  return mix;
}

envelope_style choose_style(const std::vector<style_weight>& mix, draw& chance) {
  double sum = 0;
  for (const auto& one : mix) sum += one.weight;
  double x = chance.fraction() * sum;
  for (const auto& one : mix) {
    if (x < one.weight) return one.style;
    x -= one.weight;
  }
  return mix.back().style;
}

wrapped wrap(envelope_style style, std::string_view event, std::string_view message_id,
             std::optional<instant> published_at, draw& chance) {
  // Not every sender says application/json, which is how the old system lost messages.
  const std::string type = chance.chance(0.8) ? "application/json" : "text/plain; charset=utf-8";
  switch (style) {
  case envelope_style::pubsub_once:
    return {type, pubsub(event, 1, message_id, published_at, chance)};
  case envelope_style::pubsub_twice:
    return {type, pubsub(event, 2, message_id, published_at, chance)};
  case envelope_style::pubsub_thrice:
    return {type, pubsub(event, 3, message_id, published_at, chance)};
  case envelope_style::payload_base64:
    return {type, json::serialize(json::object{{"payload", encoded(event, chance)}})};
  case envelope_style::payload_text:
    return {type, json::serialize(json::object{{"payload", event}})};
  case envelope_style::data_base64:
    return {type, json::serialize(json::object{{"data", encoded(event, chance)}})};
  case envelope_style::bare_base64:
    return {"text/plain", encoded(event, chance)};
  case envelope_style::json_string:
    return {type, json::serialize(json::value(event))};
  case envelope_style::plain:
    break;
  }
  return {type, std::string(event)};
}

} // namespace suivi::sim
