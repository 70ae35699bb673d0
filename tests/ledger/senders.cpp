// As many coroutines as senders.
#include "tests/ledger/senders.hpp"

#include "common/crypto/crypto.hpp"
#include "common/guepex/signature.hpp"
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
constexpr unsigned guepex_percent = 12;    // of the POSTs

std::optional<std::int64_t> id_in(const boost::json::object& said) {
  const auto* id = said.if_contains("id");
  if (id == nullptr || !id->is_string()) return std::nullopt;
  return std::stoll(std::string(id->as_string()));
}

// One for each message; none where the answer is not what it should be.
std::vector<receipt> read_receipts(const std::string& body, bool in_a_list) {
  boost::system::error_code unreadable;
  auto answer = boost::json::parse(body, unreadable);
  std::vector<receipt> receipts;
  if (unreadable || !answer.is_object()) return receipts;
  boost::json::array all{answer};
  if (in_a_list) {
    const auto* events = answer.as_object().if_contains("events");
    if (events == nullptr || !events->is_array()) return receipts;
    all = events->as_array();
  }
  for (const boost::json::value& each : all) {
    const auto* said = each.if_object();
    const auto* outcome = said == nullptr ? nullptr : said->if_contains("outcome");
    if (outcome == nullptr || !outcome->is_string()) return {};
    receipts.push_back({std::string(outcome->as_string()), id_in(*said)});
  }
  return receipts;
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
    pushed one = next(random);
    left_ -= static_cast<int>(one.numbers.size());
    co_await deliver(client, std::move(one), random);
    co_await runtime::sleep_for(options_.between);
  }
}

sending::pushed sending::next(std::minstd_rand& random) {
  pushed made;
  made.request.method = "POST";
  made.in_a_list = random() % 100 < guepex_percent;
  if (made.in_a_list) {
    delivery several = pages_.compose_delivery(random);
    crypto::sha256_digest digest = crypto::hmac_sha256(options_.guepex_secret, several.body);
    made.request.url = options_.guepex_url;
    made.request.headers = {{std::string(guepex::signature_header),
                             crypto::hex({reinterpret_cast<const char*>(digest.data()), digest.size()})}};
    made.request.body = std::move(several.body);
    for (const message& m : several.events) made.numbers.push_back(m.number);
  } else {
    message alone = pages_.compose(random);
    made.request.url = options_.url;
    made.request.body = std::move(alone.body);
    made.numbers = {alone.number};
  }
  return made;
}

task<void> sending::deliver(http::client& client, pushed message, std::minstd_rand& random) {
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

task<bool> sending::push(http::client& client, const pushed& one) {
  http::client_request request = one.request;
  auto begun = steady_clock::now();
  ++counts_.requests;
  auto got = co_await client.send(request, begun + patience);
  auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun);
  if (!got) {
    ++counts_.unanswered;
    co_return false;
  }
  co_return note(one, got->status, got->body, took);
}

bool sending::note(const pushed& one, unsigned status, const std::string& body, milliseconds took) {
  if (status == 503) {
    ++counts_.refused;
    return false;
  }
  std::vector<receipt> receipts = read_receipts(body, one.in_a_list);
  bool good = status == 200 || (status == 202 && !one.in_a_list);
  if (!good || receipts.size() != one.numbers.size()) {
    ++counts_.unexpected;
    counts_.an_unexpected_one = std::to_string(status) + " " + body;
    return false;
  }
  counts_.slowest = std::max(counts_.slowest, took);
  for (std::size_t n = 0; n < receipts.size(); ++n)
    pages_.acknowledge(one.numbers[n], std::move(receipts[n]));
  return true;
}

} // namespace suivi::ledger
