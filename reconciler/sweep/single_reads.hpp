// The requests of a sweep for single orders and parcels: doubts settled, orders looked up by reference, open
// parcels re-read in rotation. All of them wait for their turn among the account's requests in flight.
#pragma once

#include "reconciler/plan/doubt_queue.hpp"
#include "reconciler/store/tracking_numbers.hpp"
#include "reconciler/sweep/filter_trust.hpp"
#include "reconciler/sweep/lookups.hpp"
#include "reconciler/sweep/rotation.hpp"
#include "reconciler/sweep/sweep_context.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace suivi::reconciler {

class single_reads {
 public:
  explicit single_reads(sweep_context& of) : sweep_(of) {}
  single_reads(const single_reads&) = delete;
  single_reads& operator=(const single_reads&) = delete;

  // Those that may be asked about now, also while pages are being read: the courier lets them go first.
  void start_due_doubts();
  // Until nothing is in doubt any more, or nothing more can be asked.
  task<void> settle_doubts();
  // Orders without tracking number that the pages did not show. A question without an answer is asked again
  // in a later sweep and takes nothing from this one's verdict, which is about the list.
  task<void> look_up();
  // One turn of rotation. What could not be read goes to the end of the queue, so that it holds up no other.
  task<void> rotate();
  // After a full sweep that has read all there is.
  task<void> note_gone(pg::connection& db);
  // Orders whose tracking number the courier does not know.
  task<void> note_unknown(std::vector<std::string> order_ids);

  // A page of the list.
  void note_listed(std::span<const shipment> rows) { filter_.listed(rows); }
  // Every answer tells how far the courier's clock is behind ours.
  void note_clock(const courier::response_meta& meta);

  // What stays in doubt, by its reference or the courier's id.
  [[nodiscard]] std::vector<std::string> unsettled() const;
  [[nodiscard]] std::int64_t lookups() const { return lookups_; }
  // Why not every order whose turn it was has been answered for; empty: all have.
  [[nodiscard]] const std::string& lookup_problem() const { return lookup_problem_; }

 private:
  enum class outcome { answered, absent, failed, unfiltered, stopped };
  task<outcome> read(shop::wanted_read wanted, shop::source source);
  [[nodiscard]] shop::observation observed(shipment row, shop::source source,
                                           const courier::response_meta& how) const;
  task<void> settle_one(shop::wanted_read wanted);
  void start_look_up(std::vector<unfound_order> orders, bool single);
  task<void> look_up_one(unfound_order order);
  task<void> look_up_batch(std::vector<unfound_order> orders);
  task<void> reread_one(open_parcel parcel);
  task<void> reread_batch(std::vector<open_parcel> parcels);
  task<void> start_rereads(std::vector<open_parcel> parcels);
  void gather_doubts();
  [[nodiscard]] bool finds_every_change() const;
  task<void> test_filter();
  void note_no_look_ups(const error& why);
  void note_unanswered();

  sweep_context& sweep_;
  doubt_queue doubts_;
  std::int64_t lookups_ = 0;
  int halved_in_vain_ = 0; // requests for several references or numbers, since one was answered
  std::string lookup_problem_;
  filter_trust filter_;
  std::vector<lookup_answer> lookup_answers_;
  std::vector<reread> rereads_;
};

} // namespace suivi::reconciler
