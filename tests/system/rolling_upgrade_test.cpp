// Two receivers behind a balancer, upgraded one after the other while webhooks come in.
//
// The older programs are those that tests/support/older_programs.hpp finds, built from an older commit by
// hand; without them they are this build's, and the schema becomes one that is newer than both and suits
// them.
#include "tests/programs/receiver_process.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/older_programs.hpp"

#include <array>
#include <atomic>
#include <mutex>
#include <set>

using namespace suivi::test;

namespace {

class receiver {
 public:
  explicit receiver(std::map<std::string, std::string> environment) : environment_(std::move(environment)) {
    environment_["SUIVI_RECEIVER_SPOOL"] = spool_.path();
    environment_["SUIVI_RECEIVER_DRAIN_DELAY"] = "1s";
  }
  void start(const std::string& name) {
    process_.emplace(name, std::vector<std::string>(), environment_);
    std::string address = "http://127.0.0.1:" + std::to_string(process_->number_from_log("port"));
    wait_until("readiness",
               [&] { return http_get(address + "/readyz").body.find("\"up\"") != std::string::npos; });
    std::scoped_lock lock(mutex_);
    address_ = address;
  }
  void stop() {
    process_->signal(SIGTERM);
    int status = process_->wait();
    CAPTURE(process_->log());
    CHECK(status == 0);
  }
  [[nodiscard]] std::string address() const {
    std::scoped_lock lock(mutex_);
    return address_;
  }

 private:
  folder spool_;
  std::map<std::string, std::string> environment_;
  std::optional<program> process_;
  mutable std::mutex mutex_;
  std::string address_;
};

// Sends webhooks of orders of its own until it is stopped, each to a receiver that says that it is ready, as
// a balancer does; what got no answer goes to the other one.
class sender {
 public:
  sender(const std::array<receiver, 2>& receivers, int first_order, int last_order)
      : receivers_(receivers), first_(first_order), last_(last_order) {
    thread_ = std::thread([this] {
      for (int n = 0; !stopped_; ++n) {
        int step = n / (last_ - first_ + 1);
        push(first_ + n % (last_ - first_ + 1), step % 2 == 0 ? 15 : 22, step + 1);
      }
    });
  }
  sender(const sender&) = delete;
  sender& operator=(const sender&) = delete;
  ~sender() { stop(); }

  void stop() {
    stopped_ = true;
    if (thread_.joinable()) thread_.join();
  }
  // Once stopped: every order's last word.
  void ship_all() {
    for (int order = first_; order <= last_; ++order) push(order, 31, 80000);
  }

  std::atomic<int> stored{0}, spooled{0};
  [[nodiscard]] const std::set<std::string>& events() const { return events_; } // once stopped

 private:
  void push(int order, int status, int second) {
    std::string text = std::to_string(order);
    std::string body = a_webhook("u" + text, status, "R" + text, time_of(second));
    for (auto end = std::chrono::steady_clock::now() + patience; std::chrono::steady_clock::now() < end;) {
      std::string address = receivers_[turn_++ % 2].address();
      if (http_get(address + "/readyz").status != 200) continue;
      answer got = http_post(address + "/webhooks/maystro/example-secret?account=a", body);
      if (got.status == 202) {
        ++spooled;
        return;
      }
      if (got.status != 200) continue;
      events_.emplace(json::parse(got.body).as_object().at("id").as_string());
      ++stored;
      return;
    }
  }

  const std::array<receiver, 2>& receivers_;
  int first_, last_;
  std::size_t turn_ = 0;
  std::set<std::string> events_;
  std::atomic<bool> stopped_{false};
  std::thread thread_;
};

void migrate(const receiver_shop& shop, const std::string& program_name) {
  finished done = run_program(program_name, {"migrate"}, shop.environment);
  CAPTURE(done.log);
  REQUIRE(done.status == 0);
}

} // namespace

TEST_CASE("two receivers upgraded one after the other under load lose nothing and spool nothing") {
  constexpr int orders = 20;
  receiver_shop shop(orders);
  shop.db.execute("drop schema suivi cascade");
  migrate(shop, older_program("suivi-reconciler"));
  std::array<receiver, 2> receivers{receiver(shop.environment), receiver(shop.environment)};
  for (receiver& one : receivers) one.start(older_program("suivi-receiver"));

  sender first(receivers, 1, orders / 2), second(receivers, orders / 2 + 1, orders);
  auto thirty_more = [&] {
    int from_first = first.stored, from_second = second.stored;
    wait_until("webhooks of both senders",
               [&] { return first.stored >= from_first + 30 && second.stored >= from_second + 30; });
  };
  thirty_more();
  if (!has_older_programs())
    shop.db.execute("insert into suivi.schema_version (version, name, compatible_from)"
                    " select 9001, '9001_later.sql', max(version) from suivi.schema_version");
  else
    migrate(shop, "suivi-reconciler"); // beside the older ones at work
  thirty_more();
  for (receiver& one : receivers) {
    one.stop();
    thirty_more(); // the other one takes all
    one.start("suivi-receiver");
    thirty_more();
  }

  for (sender* each : {&first, &second}) {
    each->stop();
    each->ship_all();
  }
  wait_until("everything applied", [&] { return shop.all_applied(); });
  CHECK(first.spooled + second.spooled == 0);
  std::set<std::string> acknowledged = first.events();
  acknowledged.insert(second.events().begin(), second.events().end());
  CHECK(acknowledged.size() == static_cast<std::size_t>(first.stored + second.stored)); // no id twice
  CHECK(shop.db.number("select count(*) from suivi.inbox") == static_cast<std::int64_t>(acknowledged.size()));
  CHECK(shop.db.number("select count(*) from suivi.event_outcome where outcome in ('applied', 'unchanged', "
                       "'stale')") == static_cast<std::int64_t>(acknowledged.size()));
  CHECK(shop.db.number("select count(*) from orders where \"shippingStatus\" = 'EXPÉDIÉ'") == orders);
}
