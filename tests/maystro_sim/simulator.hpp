// The courier on the network: one port with its API under /api and the simulator's own face under /control.
#pragma once

#include "common/http/server/server.hpp"
#include "tests/maystro_sim/courier/courier.hpp"
#include "tests/maystro_sim/courier/pusher.hpp"
#include "tests/maystro_sim/world/move_log.hpp"

#include <optional>

namespace suivi::sim {

class simulator {
 public:
  simulator(asio::any_io_executor executor, world_shape shape, std::vector<client_account> accounts,
            settings begin, std::optional<move_log> moves = {});

  result<void> listen(std::string_view address_and_port);
  [[nodiscard]] unsigned short port() const { return server_.port(); }

  // Serves, moves and pushes until stop().
  task<void> run();
  void stop();

 private:
  task<http::response> answer(http::request request);
  task<void> keep_moving();
  void spread_news();

  std::optional<move_log> moves_;
  courier courier_;
  draw chance_;
  pusher pusher_;
  http::server server_;
  runtime::wakeup stop_;
  runtime::task_group work_;
  bool stopping_ = false;
};

} // namespace suivi::sim
