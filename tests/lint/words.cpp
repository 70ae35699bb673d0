// Identifiers that only this project would understand are refused: code says the field's word.
#include "tests/lint/rules.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace suivi::lint {
namespace {

struct private_word {
  std::string_view word, instead;
};

// To refuse one more word, add it here once it is gone from the tree.
constexpr std::array refused{
    private_word{"front_desk", "request_handler"},
    private_word{"applier", "apply_lane"},
    private_word{"confirmer", "confirm_lane"},
    private_word{"account_book", "account_registry"},
    private_word{"courier_gate", "read_gate"},
    private_word{"follow_up", "disposition"},
    private_word{"replay_desk", "replay_endpoint"},
    private_word{"request_desk", "sweep_request_poller"},
    private_word{"session_room", "server_state"},
    private_word{"errand", "priority"},
    private_word{"rouse", "wake_one"},
    private_word{"hopeless", "give_up_reason"},
    private_word{"kept_up", "on_success"},
    private_word{"fell_behind", "on_congestion"},
    private_word{"own_answers", "error_responses"},
    private_word{"answer_text", "response_head"},
    private_word{"registrar", "hook_registrar"},
    private_word{"what", "request, event, error, observation: the noun of its type"},
    private_word{"seen", "observation, or what was found"},
    private_word{"told", "reported, or the noun of its type"},
    private_word{"asked", "request, requested"},
    private_word{"whose", "account or owner"},
    private_word{"at_once", "inline, or the limit it is"},
    private_word{"glance", "read_only_snapshot"},
    private_word{"first_look", "fast_path, initial_delay"},
    private_word{"second_reading", "quarantine_reread"},
    private_word{"also", "extra_statements"},
    private_word{"house", "maintenance"},
    private_word{"given", "raw_value, or the noun of its type"},
    private_word{"shown", "current, listed, or the noun of its type"},
    private_word{"most", "x_max, limit"},
    private_word{"least", "x_min, minimum"},
    private_word{"claims_too_much", "needs_confirmation"},
    private_word{"say_something_every", "heartbeat"},
    private_word{"lesson", "outcome"},
    private_word{"farewell", "linger"},
    private_word{"judgement", "judgment"},
    private_word{"let_go", "divert_to_spool, release"},
    private_word{"keep_house", "run_maintenance"},
    private_word{"desk", "request_handler, endpoint, poller"},
    private_word{"take_back", "requeue"},
    private_word{"arrival", "webhook"},
    private_word{"repeat", "repeated_webhook"},
    private_word{"measures", "receiver_metrics, reconciler_metrics"},
    private_word{"complain", "log_outage"},
    private_word{"standing", "status"},
    private_word{"old_columns", "legacy_links"},
    private_word{"find_order", "order_locator, locate_order"},
    private_word{"sort_out", "classify"},
    private_word{"offer", "push"},
    private_word{"hooks_watch", "hook_monitor"},
    private_word{"persist", "with_retries"},
    private_word{"in_hand", "in_flight"},
    private_word{"take_over", "claim_orphans"},
    private_word{"take_away", "remove"},
    private_word{"cut", "close, truncated"},
    private_word{"room", "capacity, free_space, the object it is"},
    private_word{"look", "probe, poll, read"},
    private_word{"looked", "found, probed"},
    private_word{"looker", "fact_reader"},
    private_word{"look_again", "poll, probe_now"},
    private_word{"arrivals", "webhooks"},
    private_word{"complained", "logged"},
    private_word{"tidy", "trim, maintenance"},
    private_word{"trouble", "retrying_caller, failure"},
    private_word{"met", "matched, known"},
};

// Refused as a part of a longer name too: orders_seen, told_at.
constexpr std::array refused_parts{
    private_word{"seen", "observed, known, listed"},
    private_word{"told", "reported"},
    private_word{"untold", "unreported"},
    private_word{"asked", "requested"},
    private_word{"glance", "snapshot"},
    private_word{"house", "maintenance"},
    private_word{"what", "the noun of its type"},
    private_word{"whose", "account, owner"},
};
// The set of what a list has shown so far: a term of its own.
constexpr std::array<std::string_view, 1> allowed_names{"seen_set"};

// std::exception has a function of that name.
bool is_of_the_library(const std::string& code, std::string_view word, std::size_t end) {
  return word == "what" && code.compare(end, 2, "()") == 0;
}

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

std::string_view name_at(std::string_view code, std::size_t from) {
  std::size_t end = from;
  while (end < code.size() && is_word(code[end])) ++end;
  return code.substr(from, end - from);
}

const private_word* refused_part_of(std::string_view name) {
  if (std::ranges::find(allowed_names, name) != allowed_names.end()) return nullptr;
  while (!name.empty()) {
    std::size_t end = std::min(name.find('_'), name.size());
    for (const private_word& p : refused_parts)
      if (name.substr(0, end) == p.word) return &p;
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return nullptr;
}

void check_parts(violations& found, const source& s) {
  for (std::size_t at = 0; at < s.code.size();) {
    std::string_view name = name_at(s.code, at);
    if (name.empty()) {
      ++at;
      continue;
    }
    const private_word* p = name.find('_') == std::string_view::npos ? nullptr : refused_part_of(name);
    if (p != nullptr)
      found.push_back({s.path, line_at(s.code, at),
                       std::string(name) + " says " + std::string(p->word) + "; the field says " +
                           std::string(p->instead)});
    at += name.size();
  }
}

} // namespace

violations check_words(const std::vector<source>& files, const std::string&) {
  violations found;
  for (const source& s : files) {
    check_parts(found, s);
    for (const private_word& p : refused) {
      for (std::size_t at = s.code.find(p.word); at != std::string::npos; at = s.code.find(p.word, at + 1)) {
        std::size_t end = at + p.word.size();
        if (at > 0 && is_word(s.code[at - 1])) continue;
        bool member = end + 1 < s.code.size() && s.code[end] == '_' && !is_word(s.code[end + 1]); // told_
        if (end < s.code.size() && is_word(s.code[end]) && !member) continue;
        if (is_of_the_library(s.code, p.word, end)) continue;
        found.push_back({s.path, line_at(s.code, at),
                         "says " + std::string(p.word) + "; the field says " + std::string(p.instead)});
      }
    }
  }
  return found;
}

} // namespace suivi::lint
