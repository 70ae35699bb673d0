// As many coroutines as senders.
#include "tests/ledger/senders.hpp"

#include "common/http/client/client.hpp"
#include "common/runtime/task_group.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace suivi::ledger {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr milliseconds patience = 10s;     // the courier's
constexpr unsigned abandoned_percent = 10; // of what got no 2xx
constexpr unsigned repeated_percent = 5;   // of what did: the courier sends twice, too

std::optional<std::int64_t> id_in(const boost::json::object& said) {
  const auto* id = said.if_contains("id");
  if (id == nullptr || !id->is_string()) return std::nullopt;
  return std::stoll(std::string(id->as_string()));
}

} // namespace

sending::sending(book& pages, sending_options options)
    : pages_(pages), options_(std::move(options)), left_(options_.messages) {
  thread_ = std::thread([this] { work(); });
}

sending::~sending() {
  given_up_ = true;
  if (thread_.joinable()) thread_.join();
}

sending_counts sending::finish() {
  thread_.join();
  return counts_;
}

void sending::work() {
  asio::io_context io(1);
  http::client client(io.get_executor(), http::client_limits());
  runtime::task_group senders(io.get_executor());
  for (int n = 0; n < options_.senders; ++n)
    senders.spawn("sender", run_sender(client, options_.seed * 1000 + static_cast<unsigned>(n)));
  io.run();
  done_ = true;
}

task<void> sending::run_sender(http::client& client, unsigned seed) {
  std::minstd_rand random(seed + 1);
  while (left_ > 0 && !given_up_) {
    --left_;
    auto message = pages_.compose(random);
    co_await deliver(client, std::move(message), random);
    co_await runtime::sleep_for(options_.between);
  }
}

task<void> sending::deliver(http::client& client, message message, std::minstd_rand& random) {
  for (milliseconds pause = 50ms; !given_up_; pause = std::min(pause * 2, 400ms)) {
    bool taken = co_await push(client, message);
    if (taken) {
      if (random() % 100 < repeated_percent) co_await push(client, message);
      co_return;
    }
    if (random() % 100 < abandoned_percent) {
      ++counts_.abandoned;
      co_return;
    }
    co_await runtime::sleep_for(pause);
  }
}

task<bool> sending::push(http::client& client, const message& message) {
  http::client_request request;
  request.method = "POST";
  request.url = options_.url;
  request.body = message.body;
  auto begun = steady_clock::now();
  ++counts_.requests;
  auto got = co_await client.send(request, begun + patience);
  auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun);
  if (!got) {
    ++counts_.unanswered;
    co_return false;
  }
  co_return note(message.number, got->status, got->body, took);
}

bool sending::note(std::int64_t number, unsigned status, const std::string& body, milliseconds took) {
  if (status == 503) {
    ++counts_.refused;
    return false;
  }
  boost::system::error_code unreadable;
  auto said = boost::json::parse(body, unreadable);
  bool fits = !unreadable && said.is_object() && said.as_object().contains("outcome");
  if ((status != 200 && status != 202) || !fits) {
    ++counts_.unexpected;
    counts_.an_unexpected_one = std::to_string(status) + " " + body;
    return false;
  }
  counts_.slowest = std::max(counts_.slowest, took);
  const auto& answer = said.as_object();
  pages_.acknowledge(number, {std::string(answer.at("outcome").as_string()), id_in(answer)});
  return true;
}

} // namespace suivi::ledger
