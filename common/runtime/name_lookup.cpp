// A detached thread for each name that is being looked up. It touches shared state only; whoever waits is
// woken under the lock, and has taken itself off the list before its loop ends.
#include "common/runtime/name_lookup.hpp"

#include "common/runtime/wakeup.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <netdb.h>
#include <netinet/in.h>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace suivi::runtime {
namespace {

constexpr milliseconds patience_with_known_addresses{500};
constexpr std::size_t lookups_max = 64; // at once, of all names
// A look-up that hangs goes on hanging when the name server is back: another one is begun beside it.
constexpr milliseconds hangs_after{2'000};
constexpr int lookups_of_a_name_max = 4;

name_lookup::found ask_system(const std::string& host) {
  name_lookup::found result;
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_ADDRCONFIG;
  addrinfo* all = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &wanted, &all) != 0) {
    result.failed = asio::error::host_not_found;
    return result;
  }
  for (const addrinfo* each = all; each != nullptr; each = each->ai_next) {
    asio::ip::address address;
    if (each->ai_family == AF_INET) {
      const auto* place = reinterpret_cast<const sockaddr_in*>(each->ai_addr);
      address = asio::ip::address_v4(ntohl(place->sin_addr.s_addr));
    } else if (each->ai_family == AF_INET6) {
      const auto* place = reinterpret_cast<const sockaddr_in6*>(each->ai_addr);
      asio::ip::address_v6::bytes_type bytes;
      std::copy(std::begin(place->sin6_addr.s6_addr), std::end(place->sin6_addr.s6_addr), bytes.begin());
      address = asio::ip::address_v6(bytes, place->sin6_scope_id);
    } else {
      continue;
    }
    if (std::ranges::find(result.addresses, address) == result.addresses.end())
      result.addresses.push_back(address);
  }
  ::freeaddrinfo(all);
  if (result.addresses.empty()) result.failed = asio::error::host_not_found;
  return result;
}

} // namespace

struct name_lookup::state {
  struct waiter {
    asio::any_io_executor executor;
    std::shared_ptr<wakeup> answered;
  };
  struct name {
    int lookups = 0; // under way
    steady_time begun{};
    std::uint64_t answers = 0;
    found last; // the last answer
    std::vector<asio::ip::address> good;
    std::list<waiter> waiters;
  };

  explicit state(blocking_lookup how) : ask(std::move(how)) {}

  blocking_lookup ask;
  std::mutex guard;
  std::map<std::string, name> names;
  std::size_t lookups = 0;

  void note(const std::string& host, found answer) {
    std::lock_guard lock(guard);
    name& of = names[host];
    if (!answer.addresses.empty()) of.good = answer.addresses;
    of.last = std::move(answer);
    ++of.answers;
    --of.lookups;
    --lookups;
    for (const waiter& each : of.waiters)
      asio::post(each.executor, [answered = each.answered] { answered->notify(); });
  }

  // On the list as long as this lives.
  struct place {
    place(std::shared_ptr<state> s, name& n, waiter who) : owner(std::move(s)), of(n) {
      self = of.waiters.insert(of.waiters.end(), std::move(who));
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() {
      std::lock_guard lock(owner->guard);
      of.waiters.erase(self);
    }
    std::shared_ptr<state> owner;
    name& of; // names are never taken out
    std::list<waiter>::iterator self;
  };

  static void begin(const std::shared_ptr<state>& s, const std::string& host, name& of) {
    bool hangs = of.lookups < lookups_of_a_name_max && steady_now() - of.begun >= hangs_after;
    if ((of.lookups > 0 && !hangs) || s->lookups >= lookups_max) return;
    of.begun = steady_now();
    ++of.lookups;
    ++s->lookups;
    try {
      std::thread([s, host] { s->note(host, s->ask(host)); }).detach();
    } catch (const std::system_error&) { // no thread to be had
      --of.lookups;
      --s->lookups;
    }
  }
};

name_lookup::name_lookup(blocking_lookup ask) : state_(std::make_shared<state>(std::move(ask))) {}

name_lookup& name_lookup::shared() {
  static auto& one = *new name_lookup(ask_system); // never destroyed: its threads may run until the end
  return one;
}

task<name_lookup::found> name_lookup::addresses_of(std::string host, steady_time deadline) {
  std::shared_ptr<state> s = state_;
  asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto answered = std::make_shared<wakeup>(executor);
  std::optional<state::place> mine;
  state::name* of = nullptr;
  std::uint64_t before = 0;
  steady_time until = deadline;
  {
    std::lock_guard lock(s->guard);
    of = &s->names[host];
    before = of->answers;
    state::begin(s, host, *of);
    if (!of->good.empty()) until = std::min(until, steady_now() + patience_with_known_addresses);
    mine.emplace(s, *of, state::waiter{executor, answered});
  }
  co_await answered->wait_until(until);
  found result;
  {
    std::lock_guard lock(s->guard);
    if (of->answers != before)
      result = of->last;
    else
      result.failed = asio::error::timed_out;
    if (result.addresses.empty() && !of->good.empty()) result = {of->good, {}};
  }
  co_return result;
}

} // namespace suivi::runtime
