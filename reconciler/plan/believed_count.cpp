// Compares an answer's count with the place of its page.
#include "reconciler/plan/believed_count.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace suivi::reconciler {
namespace {

constexpr std::int64_t came_meanwhile_max = 2;

} // namespace

std::optional<std::int64_t> believed_count::of(int page, std::optional<std::int64_t> count, std::size_t size,
                                               bool has_next) {
  count_max_ = std::max(count_max_, count.value_or(0));
  if (size > 0 && (page == 1 || has_next)) page_size_ = page_size_ == 0 ? size : std::min(page_size_, size);
  std::int64_t there = static_cast<std::int64_t>(page - 1) * static_cast<std::int64_t>(page_size_) +
                       static_cast<std::int64_t>(size);
  bool shows_more = size > 0 && count && there > *count + came_meanwhile_max;
  contradicted_ = contradicted_ || shows_more;
  return contradicted_ ? std::nullopt : count;
}

std::string believed_count::why_unproven(int readings) const {
  return fmt::format("the courier {} and no two of {} readings in a row were the same",
                     contradicted_ ? "counts fewer rows than it shows" : "counts no rows", readings);
}

} // namespace suivi::reconciler
