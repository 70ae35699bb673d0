// A reconciler: leases, schedule, sweeps. Which page is asked for and what is proven (page_plan,
// incremental_plan), when a request may start and what an answer means (pace, refusals), what is due
// (due_at), how much is re-read (rotation_budget), which doubts are asked about (doubt_queue) and what a
// sweep is worth (judge_sweep) are the real decisions; the coroutines around them are written again, event by
// event.
#pragma once

#include "reconciler/pace/pace.hpp"
#include "reconciler/plan/list_plan.hpp"
#include "reconciler/schedule/due.hpp"
#include "tests/simulation/process.hpp"
#include "tests/simulation/sim_courier.hpp"
#include "tests/simulation/sim_store.hpp"

#include <memory>

namespace suivi::simulation {

struct sweep_counts {
  std::int64_t complete = 0, incomplete = 0, lost = 0, requests = 0;
  std::int64_t settled = 0, refused = 0; // single reads for doubts, orders that the shop refuses
};

class sim_reconciler final : public process {
 public:
  sim_reconciler(timeline& t, const faults& f, std::string name, sim_store& store, sim_couriers& couriers)
      : process(t, f, std::move(name)), store_(store), couriers_(couriers),
        schedule_(
            {std::chrono::minutes(0), std::chrono::hours(6), std::chrono::hours(12), std::chrono::hours(18)},
            "Africa/Algiers") {}

  sweep_counts counts;
  milliseconds incremental_every{300'000};

 private:
  struct sweep;
  struct request;

  void begin() override;
  void forget() override;
  void poll_round();
  [[nodiscard]] reconciler::due due_now(const std::string& account);
  void start_sweep(const std::string& account, bool full, std::int64_t term);
  void keep_lease(std::shared_ptr<sweep> s);
  void go_on(std::shared_ptr<sweep> s);
  void stand_in_line(std::shared_ptr<sweep> s, std::shared_ptr<request> r);
  void admit(std::shared_ptr<sweep> s);
  void launch(std::shared_ptr<sweep> s, std::shared_ptr<request> r);
  void take(std::shared_ptr<sweep> s, std::shared_ptr<request> r, api_answer answer, instant requested_at);
  void concluded(std::shared_ptr<sweep> s, std::shared_ptr<request> r, const api_answer* good, bool past_end,
                 instant requested_at);
  void start_doubts(std::shared_ptr<sweep> s);
  void note_clock(sweep& s, const api_answer& answer, instant requested_at);
  void write(std::shared_ptr<sweep> s, std::vector<shop::observation> rows, int tries);
  void write_parts(std::shared_ptr<sweep> s, std::vector<shop::observation> rows, const error& why);
  void plan(sweep& s);
  void plan_numbers(sweep& s);
  [[nodiscard]] api_answer ask(const sweep& s, const request& r);
  [[nodiscard]] shop::observation observe(sweep& s, const request& r, suivi::shipment row,
                                          const shop::as_of& by_request);
  void plan_rotation(std::shared_ptr<sweep> s);
  void end(std::shared_ptr<sweep> s);
  void check_begin(const std::string& account, bool full);
  void check_complete(const sweep& s);
  void check_new_read(const sweep& s);

  sim_store& store_;
  sim_couriers& couriers_;
  reconciler::schedule schedule_;
  std::vector<std::shared_ptr<sweep>> running_;
};

} // namespace suivi::simulation
