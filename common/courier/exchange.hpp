// One request and its answer: sent once, its status line classified, its body handed to a pure reader.
#pragma once

#include "common/courier/courier_api.hpp"

#include <functional>
#include <utility>

namespace suivi::courier {

// A good answer's body, or what was wrong; `headers` of whatever answer there was.
struct exchanged {
  result<std::string> body;
  response_meta how;
  http::header_list headers;
  std::string refused_with{}; // the body of an answer that is none of 2xx
};

// `description` names the request for people and is a literal: it lives as long as the program.
task<exchanged> exchange(http::client& client, http::client_request request, milliseconds timeout,
                         std::string_view description);

// What the reader makes of it.
template <class T, class Reader>
answer<T> read_answer(const exchanged& got, Reader&& read) {
  if (!got.body) return {got.body.error(), got.how};
  return {std::forward<Reader>(read)(*got.body), got.how};
}

// Of a request that the courier cannot be asked.
template <class T>
answer<T> not_possible(std::string_view description) {
  return {permanent("courier:refused", description), response_meta{}};
}

} // namespace suivi::courier
