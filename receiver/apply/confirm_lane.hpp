// The queue of single reads: doubt, unproven identity and the like are settled by asking the courier for one
// parcel.
//
// Which read is next is read_queue.hpp's decision. Each account's reads keep to its courier's limits
// (read_gate.hpp) and hold up no other account's. What cannot be asked for a while is not held here: its
// events go back to the database, with what is the matter.
#pragma once

#include "common/runtime/wakeup.hpp"
#include "receiver/apply/apply_lane.hpp"
#include "receiver/queue/read_queue.hpp"

#include <memory>
#include <string>
#include <vector>

namespace suivi::receiver {

class confirm_lane {
 public:
  confirm_lane(asio::any_io_executor executor, database_monitor& db, account_registry& accounts,
               apply_lane& events, receiver_metrics& counts, shop::door_options door);

  // An event that waits is read for as soon as its account's courier may be asked; a read nobody waits for
  // comes no earlier than `not_before`.
  void ask(shop::wanted_read wanted, std::optional<pending_event> waiting) {
    add(std::move(wanted), std::move(waiting), 1);
  }
  // Set where an event that needs a read from that account is not taken now: how long, and what is the
  // matter.
  [[nodiscard]] std::optional<refusal_to_ask> refuses(const std::string& account) const;

  static constexpr std::size_t readers = 16;
  // One call for each reader; ends by cancellation only.
  task<void> run_reader(std::size_t number);

 private:
  void add(shop::wanted_read wanted, std::optional<pending_event> waiting, int round);
  task<void> read(read_queue::job j);
  // How long the account's courier wants to be left alone, as any program was told; zero if that is not
  // known.
  task<milliseconds> pause_left(const std::string& account);
  task<void> record_pause(const std::string& account, milliseconds pause);
  // The courier may not be asked for so long: what waits for it goes back with the reason.
  task<void> put_off(read_queue::job j, error why, milliseconds pause);
  void take_answer(read_queue::job j, const std::vector<shop::verdict>& verdicts, instant requested_at);
  task<void> give_back(std::vector<pending_event> events, error why, std::optional<milliseconds> wait);
  void wake();

  database_monitor& db_;
  account_registry& accounts_;
  apply_lane& events_;
  receiver_metrics& counts_;
  shop::door_options door_;
  read_queue queue_;
  std::vector<std::unique_ptr<runtime::wakeup>> idle_;
};

} // namespace suivi::receiver
