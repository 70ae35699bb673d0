// The plan of a sweep over tracking numbers that the shop itself knows: so many requests, each for its
// numbers, in any order. Pure. Nothing shifts: complete is that every request was answered. One that stays
// without an answer is asked for in two halves, or in those numbers that the courier blames and the others:
// one number that the courier cannot answer for keeps none of its neighbors from being read. Where no half is
// answered either, it is not a number's fault.
#pragma once

#include "reconciler/plan/page_plan.hpp"

#include <string>
#include <utility>
#include <vector>

namespace suivi::reconciler {

// Why not all was read: the first failure, and the orders whose numbers the courier would not answer for.
class read_failures {
 public:
  void add(const std::string& why);
  void name(std::string reference) { references_.push_back(std::move(reference)); }
  // `why`, `order R17: why`, `orders R17, R18: why`; empty where nothing failed.
  [[nodiscard]] std::string text() const;

 private:
  std::string why_;
  std::vector<std::string> references_;
};

// Answers as page_plan does; a page is one request.
class batch_plan {
 public:
  batch_plan(int batches, std::int64_t numbers) : batches_(batches), numbers_(numbers) {}

  std::optional<int> next() { return requested_ < batches_ ? std::optional(++requested_) : std::nullopt; }
  std::size_t read(int page, const page_facts& facts, std::span<const listed_row> rows) {
    answered_.insert(page);
    halved_in_vain_ = 0;
    unreadable_rows_ += facts.unreadable;
    return rows.size();
  }
  void past_end(int page) { failed_.insert(page); }
  void unreadable(int page) { failed_.insert(page); }
  // Whether to ask for the halves of that request, which become the last two; else it is unreadable().
  bool halve(int page) {
    if (halved_in_vain_ >= halved_in_vain_max) return false;
    ++halved_in_vain_;
    halved_.insert(page);
    batches_ += 2;
    return true;
  }
  [[nodiscard]] bool done() const {
    return answered_.size() + failed_.size() + halved_.size() == static_cast<std::size_t>(batches_);
  }
  [[nodiscard]] page_plan::verdict judge() const;
  [[nodiscard]] std::size_t pages() const { return answered_.size(); }
  [[nodiscard]] std::size_t unreadable_rows() const { return unreadable_rows_; }
  [[nodiscard]] std::optional<std::int64_t> rows_expected() const { return numbers_; }

 private:
  static constexpr int halved_in_vain_max =
      8; // more than halving the largest request down to one number takes

  int batches_;
  std::int64_t numbers_;
  int requested_ = 0;
  int halved_in_vain_ = 0; // since an answer
  std::set<int> answered_, failed_, halved_;
  std::size_t unreadable_rows_ = 0;
};

} // namespace suivi::reconciler
