// From one line of a replay's file, or one row of the old system, to an event. Pure; any input.
//
// Such events have no place in the inbox: they are applied or not, and what is not can be replayed again from
// the same source. Their time: publishTime, else createdAt (at latest as of then, as a time of receipt is),
// else none, and then they only fill blanks.
#pragma once

#include "common/decision/observation.hpp"
#include "common/shipment/courier_event.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace suivi::receiver {

struct replay_line {
  courier_event event; // without its body
  shop::as_of when;
  std::optional<instant> received_at; // createdAt; of a webhook's body: its publishTime
  std::string id;                     // of an event as the API prints it
  std::string outcome;                // likewise
};

// A webhook's body in any of its wrappings, or an event as the API prints it.
[[nodiscard]] replay_line read_replay_line(std::string_view line, instant now);

// The events in `text` where it is a list of them, an answer of the operations API about some, or a delivery
// of several, each as a line of its own; nullopt where it is anything else.
[[nodiscard]] std::optional<std::vector<std::string>> events_within(std::string_view text);
// Whether `line` begins a JSON document that ends on a later line.
[[nodiscard]] bool is_unfinished_document(std::string_view line);

// A row of `webhook_events`: `payload` as JSON text. Those of the type `error` hold `{error, body, headers}`.
[[nodiscard]] replay_line read_legacy_row(std::string_view event_type, std::string_view payload,
                                          instant created_at);

} // namespace suivi::receiver
