// A queue of waiters of which only the first acts: it takes an idle connection, or leaves the queue to open
// one (so that the next may take what comes back meanwhile), or waits out the backoff. Whoever leaves wakes
// the next.
#include "common/pg/pool.hpp"

#include "common/pg/session.hpp"

#include <algorithm>
#include <list>
#include <optional>
#include <random>

namespace suivi::pg {

struct pool::state {
  state(asio::any_io_executor on, pool_options with) : executor(std::move(on)), options(std::move(with)) {}

  asio::any_io_executor executor;
  pool_options options;
  std::vector<connection> idle;
  std::size_t opened = 0; // idle, borrowed and being opened
  std::list<asio::steady_timer*> waiters;
  bool closed = false;
  std::shared_ptr<session_group> sessions = std::make_shared<session_group>();
  unsigned generation = 0; // of connections: those of an older one are given up

  bool up = false;
  unsigned failures = 0; // connects in a row
  steady_time retry_at{};
  std::optional<error> last_failure; // since the last success
  std::minstd_rand random{std::random_device{}()};

  void wake_first() {
    if (!waiters.empty()) waiters.front()->cancel();
  }

  // The most recently used connection that still lives; dead ones make room.
  std::optional<connection> take_idle() {
    while (!idle.empty()) {
      connection candidate = std::move(idle.back());
      idle.pop_back();
      if (candidate.alive()) return candidate;
      --opened;
    }
    return std::nullopt;
  }

  void note_failure(const error& why) {
    up = false;
    last_failure = why;
    // Full jitter: anywhere between nothing and the doubled step.
    auto step = options.backoff_first * (1LL << std::min(failures, 20U));
    auto limit = std::min(std::chrono::duration_cast<milliseconds>(step), options.backoff_max);
    std::uniform_int_distribution<std::int64_t> anywhere(0, std::max<std::int64_t>(limit.count(), 1));
    retry_at = std::chrono::steady_clock::now() + milliseconds(anywhere(random));
    ++failures;
  }

  void note_success() {
    up = true;
    failures = 0;
    last_failure.reset();
  }

  void return_connection(connection returned) {
    bool reusable = !closed && returned.alive() && !returned.in_transaction();
    if (reusable)
      idle.push_back(std::move(returned));
    else
      --opened;
    wake_first();
  }

  // Counts as opened from before the connect on; gives the place back if that does not end well.
  struct slot {
    explicit slot(state& s) : owner(&s) { ++s.opened; }
    slot(const slot&) = delete;
    slot& operator=(const slot&) = delete;
    ~slot() {
      if (owner == nullptr) return;
      --owner->opened;
      owner->wake_first();
    }
    void keep() { owner = nullptr; }
    state* owner;
  };

  // A place in the queue, given up on every way out.
  struct turn {
    turn(state& s, asio::steady_timer& timer, bool in_front) : owner(s) {
      self = s.waiters.insert(in_front ? s.waiters.begin() : s.waiters.end(), &timer);
    }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() {
      owner.waiters.erase(self);
      owner.wake_first();
    }
    [[nodiscard]] bool first() const { return owner.waiters.begin() == self; }
    state& owner;
    std::list<asio::steady_timer*>::iterator self;
  };

  enum class outcome { idle, slot, late, closed };
  static task<outcome> wait_for_slot(std::shared_ptr<state> s, bool in_front, steady_time deadline,
                                     std::optional<connection>& taken);
  static task<result<connection>> open(std::shared_ptr<state> s, steady_time deadline);
  [[nodiscard]] error gave_up() const;
};

// Until an idle connection is `taken`, or there is room to open one and the backoff is over.
task<pool::state::outcome> pool::state::wait_for_slot(std::shared_ptr<state> s, bool in_front,
                                                      steady_time deadline,
                                                      std::optional<connection>& taken) {
  asio::steady_timer timer(s->executor);
  turn mine(*s, timer, in_front);
  while (true) {
    if (s->closed) co_return outcome::closed;
    auto now = std::chrono::steady_clock::now();
    bool has_slot = false;
    if (mine.first()) {
      taken = s->take_idle();
      if (taken) co_return outcome::idle;
      has_slot = s->opened < s->options.size;
      if (has_slot && now >= s->retry_at && now < deadline) co_return outcome::slot;
    }
    if (now >= deadline) co_return outcome::late;
    timer.expires_at(has_slot ? std::min(deadline, s->retry_at) : deadline);
    boost::system::error_code ended;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ended));
    auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none)
      throw boost::system::system_error(asio::error::operation_aborted);
  }
}

task<result<connection>> pool::state::open(std::shared_ptr<state> s, steady_time deadline) {
  slot mine(*s);
  connect_options options = s->options.connect;
  auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
  bool hurried = left < options.connect_timeout;
  options.connect_timeout = std::min(options.connect_timeout, left);
  unsigned born = s->generation;
  auto opened = co_await connection::connect(options, s->sessions);
  if (opened) {
    s->note_success();
    mine.keep();
  } else if (born == s->generation || opened.error().kind == failure::permanent) {
    // That no answer came in so short a time says less than what the server has answered before.
    s->note_failure(hurried && s->last_failure ? error(*s->last_failure) : opened.error());
  }
  co_return opened;
}

error pool::state::gave_up() const {
  if (last_failure) return *last_failure;
  return transient("pg:pool", "no database connection became free in time");
}

pool::pool(asio::any_io_executor executor, pool_options options)
    : state_(std::make_shared<state>(std::move(executor), std::move(options))) {}

pool::~pool() {
  close();
}

task<result<pool::lease>> pool::acquire(steady_time deadline) {
  auto s = state_;
  if (s->waiters.size() >= s->options.max_waiters)
    co_return transient("pg:pool", "too many wait for a database connection");
  bool in_front = false;
  while (true) {
    std::optional<connection> taken;
    auto got = co_await state::wait_for_slot(s, in_front, deadline, taken);
    if (got == state::outcome::closed) co_return transient("pg:pool", "the pool is closed");
    if (got == state::outcome::late) co_return s->gave_up();
    if (got == state::outcome::idle) co_return lease(s, std::move(*taken));
    auto opened = co_await state::open(s, deadline);
    if (opened) co_return lease(s, std::move(*opened));
    if (opened.error().kind == failure::permanent) co_return opened.error();
    in_front = true; // it had its turn before those who wait now
  }
}

bool pool::up() const {
  return state_->up;
}

// What is borrowed comes back as not alive, and makes room then.
void pool::renew() {
  state& s = *state_;
  ++s.generation;
  s.opened -= s.idle.size();
  s.idle.clear();
  s.sessions->abandon();
  s.failures = 0;
  s.retry_at = {};
  s.wake_first();
}

pool::figures pool::now() const {
  return {state_->opened - state_->idle.size(), state_->idle.size(), state_->waiters.size()};
}

void pool::close() {
  state_->closed = true;
  state_->opened -= state_->idle.size();
  state_->idle.clear();
  for (auto* waiter : state_->waiters) waiter->cancel();
}

pool::lease::lease(std::shared_ptr<state> owner, connection borrowed)
    : owner_(std::move(owner)), connection_(std::move(borrowed)) {}

pool::lease::lease(lease&& other) noexcept
    : owner_(std::move(other.owner_)), connection_(std::move(other.connection_)) {}

pool::lease& pool::lease::operator=(lease&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  owner_ = std::move(other.owner_);
  connection_ = std::move(other.connection_);
  return *this;
}

pool::lease::~lease() {
  give_back();
}

void pool::lease::give_back() {
  if (!owner_) return;
  owner_->return_connection(std::move(connection_));
  owner_.reset();
}

connection& pool::lease::operator*() const {
  return connection_;
}
connection* pool::lease::operator->() const {
  return &connection_;
}

} // namespace suivi::pg
