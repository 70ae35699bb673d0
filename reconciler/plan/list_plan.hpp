// Which pages a sweep asks for: those of a full one, of an incremental one, or of one over
// tracking numbers, behind one face. Each
// call means what it means for page_plan (page_plan.hpp).
#pragma once

#include "reconciler/plan/batch_plan.hpp"
#include "reconciler/plan/incremental_plan.hpp"
#include "reconciler/plan/page_plan.hpp"

#include <variant>

namespace suivi::reconciler {

class list_plan {
 public:
  list_plan(page_plan full) : plan_(std::move(full)) {}
  list_plan(incremental_plan newest) : plan_(std::move(newest)) {}
  list_plan(batch_plan numbers) : plan_(std::move(numbers)) {}

  std::optional<int> next() {
    return std::visit([](auto& p) { return p.next(); }, plan_);
  }
  std::size_t read(int page, const page_facts& facts, std::span<const listed_row> rows) {
    return std::visit([&](auto& p) { return p.read(page, facts, rows); }, plan_);
  }
  void past_end(int page) {
    std::visit([&](auto& p) { p.past_end(page); }, plan_);
  }
  void unreadable(int page) {
    std::visit([&](auto& p) { p.unreadable(page); }, plan_);
  }
  // A request for several numbers that stays without an answer: whether to ask for its halves.
  bool halve(int page) {
    batch_plan* numbers = std::get_if<batch_plan>(&plan_);
    return numbers != nullptr && numbers->halve(page);
  }
  [[nodiscard]] bool done() const {
    return std::visit([](const auto& p) { return p.done(); }, plan_);
  }
  [[nodiscard]] page_plan::verdict judge() const {
    return std::visit([](const auto& p) { return p.judge(); }, plan_);
  }
  [[nodiscard]] std::size_t pages() const {
    return std::visit([](const auto& p) { return p.pages(); }, plan_);
  }
  [[nodiscard]] std::size_t unreadable_rows() const {
    return std::visit([](const auto& p) { return p.unreadable_rows(); }, plan_);
  }
  [[nodiscard]] std::optional<std::int64_t> rows_expected() const {
    return std::visit([](const auto& p) { return p.rows_expected(); }, plan_);
  }

 private:
  std::variant<page_plan, incremental_plan, batch_plan> plan_;
};

} // namespace suivi::reconciler
