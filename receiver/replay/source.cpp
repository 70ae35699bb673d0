// Reads events page by page. The cursor moves on only after a page was read.
#include "receiver/replay/source.hpp"

#include "common/json/json_text.hpp"
#include "common/shop/problems/row_security.hpp"
#include "receiver/replay/file_line.hpp"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <iterator>
#include <set>

namespace suivi::receiver {
namespace {

// A page looks at so many ids: few where most are selected, many where few are.
constexpr std::int64_t page_ids_min = 1'000;
constexpr std::int64_t page_ids_max = 32'000;
// A page is decoded at a stretch: so many bytes, more or less.
constexpr std::size_t page_bytes = 1024 * 1024;
constexpr std::size_t page_rows_min = 4;
constexpr std::size_t page_rows_max = 1'000;
constexpr std::size_t line_bytes_max = 4 * 1024 * 1024;
constexpr std::size_t document_bytes_max = 256 * 1024 * 1024;

replay_event to_event(replay_line&& line, const std::string& account) {
  replay_event e;
  e.event.observation.from = shop::source::replay;
  e.event.observation.when = line.when;
  e.event.observation.shipment = line.event.shipment;
  if (line.received_at) e.event.received_at = *line.received_at;
  if (!account.empty()) e.event.named_account = account;
  e.decoded = std::move(line.event);
  return e;
}

// nullopt: the selection names no few.
task<result<std::optional<std::vector<event_place>>>> places_of(pg::connection& db,
                                                                replay_selection selection) {
  if (selection.ids.empty()) {
    auto few = co_await find_few(db, std::move(selection));
    co_return few;
  }
  auto ids = selection.event_ids();
  auto found = co_await find_places(db, std::move(ids));
  if (!found) co_return found.error();
  co_return std::optional(std::move(*found));
}

class inbox final : public replay_source {
 public:
  inbox(replay_selection selection, std::string only_account)
      : selection_(std::move(selection)), only_account_(std::move(only_account)) {}

  task<result<std::vector<replay_event>>> next(pg::connection& db, std::size_t limit) override {
    if (!read_) {
      auto few = co_await places_of(db, selection_);
      if (!few) co_return few.error();
      places_ = std::move(*few);
      read_ = true;
    }
    if (places_) {
      auto page = co_await next_of_places(db, limit);
      co_return page;
    }
    if (!known_) {
      auto found = co_await range_of(db, selection_);
      if (!found) co_return found.error();
      within_ = *found;
      after_ = within_.first - 1;
      known_ = true;
    }
    limit = std::min(limit, page_rows_);
    while (after_ < within_.last) {
      auto last = std::min(within_.last, after_ + page_ids_);
      auto page = co_await read_range(db, selection_, only_account_, after_, last, limit);
      if (!page) co_return page;
      fit_page(*page, limit);
      bool full = page->size() == limit;
      after_ = full ? page->back().event.id : last;
      page_ids_ = full ? std::max(page_ids_min, page_ids_ / 2) : std::min(page_ids_max, page_ids_ * 2);
      if (!page->empty()) co_return page;
    }
    co_return std::vector<replay_event>();
  }

  std::optional<double> done() const override {
    if (places_)
      return places_->empty() ? 1.0
                              : static_cast<double>(places_read_) / static_cast<double>(places_->size());
    auto all = within_.last - within_.first + 1;
    return known_ ? static_cast<double>(after_ - within_.first + 1) / static_cast<double>(all) : 0.0;
  }

 private:
  task<result<std::vector<replay_event>>> next_of_places(pg::connection& db, std::size_t limit) {
    while (places_read_ < places_->size()) {
      auto from = places_->begin() + static_cast<std::ptrdiff_t>(places_read_);
      auto count = std::min({limit, page_rows_, places_->size() - places_read_});
      std::vector<event_place> these(from, from + static_cast<std::ptrdiff_t>(count));
      auto page = co_await read_at_places(db, selection_, only_account_, std::move(these));
      if (!page) co_return page;
      fit_page(*page, count);
      places_read_ += count;
      if (!page->empty()) co_return page;
    }
    co_return std::vector<replay_event>();
  }

  // The next page is about as large in bytes as a page should be; it may be twice as long as this one.
  void fit_page(const std::vector<replay_event>& page, std::size_t requested) {
    std::size_t bytes = 0;
    for (const replay_event& each : page) bytes += each.raw_bytes;
    std::size_t fitting = bytes == 0 ? 2 * requested : page.size() * page_bytes / bytes;
    page_rows_ = std::clamp(std::min(fitting, 2 * requested), page_rows_min, page_rows_max);
  }

  replay_selection selection_;
  std::string only_account_;
  std::size_t page_rows_ = page_rows_min;
  bool read_ = false;
  std::optional<std::vector<event_place>> places_; // where the selection names few events
  std::size_t places_read_ = 0;
  bool known_ = false;
  id_range within_;
  std::int64_t after_ = 0;
  std::int64_t page_ids_ = page_ids_min;
};

class lines final : public replay_source {
 public:
  lines(replay_selection selection, std::FILE* file) : selection_(std::move(selection)), file_(file) {
    if (std::fseek(file_, 0, SEEK_END) == 0) bytes_ = std::ftell(file_);
    std::rewind(file_);
  }
  lines(const lines&) = delete;
  lines& operator=(const lines&) = delete;
  ~lines() override { std::fclose(file_); }

  task<result<std::vector<replay_event>>> next(pg::connection&, std::size_t limit) override {
    std::vector<replay_event> page;
    std::string line;
    auto now = suivi::now();
    if (!begun_) begin();
    while (page.size() < limit && next_record(line)) {
      auto read = read_replay_line(line, now);
      if (line.size() > line_bytes_max) {
        read = {};
        read.event.why = "The line is too long to be an event.";
      }
      if (selected(read)) page.push_back(to_event(std::move(read), selection_.account));
    }
    if (std::ferror(file_) != 0 && errno == EINTR) { // a signal to stop, which is heard meanwhile
      page.clear();
      co_await runtime::sleep_for(milliseconds(50));
    } else if (std::ferror(file_) != 0) {
      co_return permanent("replay:file", "the file cannot be read to its end");
    }
    co_return page;
  }

  std::optional<double> done() const override {
    if (bytes_ <= 0) return std::nullopt;
    return std::min(1.0, static_cast<double>(read_) / static_cast<double>(bytes_));
  }

 private:
  bool selected(const replay_line& read) const {
    if (!selection_.covers(read.received_at) || !selection_.names(read.id)) return false;
    return !selection_.outcome_is_set || read.outcome.empty() || selection_.wants(read.outcome);
  }

  // Where the first lines show one JSON document over several lines, it is read whole: its events are the
  // records.
  void begin() {
    begun_ = true;
    std::string first, second;
    bool several = next_line(first) && is_unfinished_document(first) && next_line(second);
    // A line of NDJSON that is broken stands before one that is whole.
    bool broken = several && first.starts_with('{') && !is_unfinished_document(second) &&
                  parse_json(second).has_value();
    std::rewind(file_);
    read_ = 0;
    if (!several || broken) return;
    std::string document;
    for (int c = std::getc(file_); c != EOF && document.size() <= document_bytes_max;
         c = std::getc(file_), ++read_)
      document += static_cast<char>(c);
    std::optional<std::vector<std::string>> events = events_within(document);
    bool is_one = !events && document.size() <= line_bytes_max && parse_json(document).has_value();
    if (is_one) events.emplace().push_back(std::move(document));
    if (events) {
      take(std::move(*events));
      return;
    }
    std::rewind(file_); // no JSON after all: line by line
    read_ = 0;
  }

  void take(std::vector<std::string> events) {
    records_.assign(std::make_move_iterator(events.begin()), std::make_move_iterator(events.end()));
  }

  // A line, or one of the events that a line holds.
  bool next_record(std::string& record) {
    while (records_.empty()) {
      if (!next_line(record)) return false;
      bool may_hold_events = record.starts_with('[') || record.find("\"data\"") != std::string::npos ||
                             record.find("\"events\"") != std::string::npos;
      std::optional<std::vector<std::string>> events;
      if (may_hold_events) events = events_within(record);
      if (!events) return true;
      take(std::move(*events));
    }
    record = std::move(records_.front());
    records_.pop_front();
    return true;
  }

  // The next line that is not blank; of one that is too long, as much as shows it. False at the end.
  bool next_line(std::string& line) {
    do {
      line.clear();
      int c = std::getc(file_);
      if (c == EOF) return false;
      for (; c != EOF && c != '\n'; c = std::getc(file_), ++read_)
        if (line.size() <= line_bytes_max) line += static_cast<char>(c);
      ++read_;
    } while (line.find_first_not_of(" \t\r") == std::string::npos);
    return true;
  }

  replay_selection selection_;
  std::FILE* file_;
  long bytes_ = 0;
  long read_ = 0;
  bool begun_ = false;
  std::deque<std::string> records_;
};

class legacy final : public replay_source {
 public:
  explicit legacy(replay_selection selection) : selection_(std::move(selection)) {}

  task<result<std::vector<replay_event>>> next(pg::connection& db, std::size_t limit) override {
    auto guarded = co_await db.run(shop::guarded_tables_query);
    if (!guarded) co_return guarded.error();
    if (shop::are_old_events_guarded(*guarded)) // what is hidden would count as not there
      co_return permanent("shop:rights", "row-level security may hide rows of webhook_events: see "
                                         "`suivi-reconciler doctor`");
    // The table is the shop's: found through the search_path, and by its only index.
    static constexpr pg::statement text{
        "replay_legacy",
        "select e.\"id\", e.\"eventType\", e.\"payload\"::text, e.\"createdAt\" from webhook_events e "
        "where e.\"id\" > $1 and not e.\"processed\" and e.\"source\"::text = $6"
        "  and ($2::timestamptz is null or e.\"createdAt\" >= $2 at time zone 'UTC')"
        "  and ($3::timestamptz is null or e.\"createdAt\" < $3 at time zone 'UTC')"
        "  and (cardinality($4::text[]) = 0 or e.\"id\" = any($4)) "
        "order by e.\"id\" limit $5"};
    std::vector<std::optional<std::string>> ids(selection_.ids.begin(), selection_.ids.end());
    pg::params with;
    with.text(after_)
        .timestamp(selection_.since)
        .timestamp(selection_.until)
        .texts(ids)
        .integer(static_cast<std::int64_t>(limit))
        .text(event_source(default_courier)); // the only one that the old system kept webhooks of
    auto answer = co_await db.run(text, std::move(with));
    if (!answer) co_return answer.error();
    std::vector<replay_event> page;
    for (std::size_t i = 0; i < answer->size(); ++i) {
      auto read = read_legacy_row(answer->text(i, 1), answer->text(i, 2), answer->timestamp(i, 3));
      page.push_back(to_event(std::move(read), selection_.account));
    }
    if (!page.empty()) after_ = answer->text(answer->size() - 1, 0);
    co_return page;
  }

  std::optional<double> done() const override { return std::nullopt; }

 private:
  replay_selection selection_;
  std::string after_;
};

} // namespace

std::unique_ptr<replay_source> inbox_source(replay_selection selection, std::string only_account) {
  return std::make_unique<inbox>(std::move(selection), std::move(only_account));
}

std::unique_ptr<replay_source> file_source(replay_selection selection, std::FILE* file) {
  return std::make_unique<lines>(std::move(selection), file);
}

std::unique_ptr<replay_source> legacy_source(replay_selection selection) {
  return std::make_unique<legacy>(std::move(selection));
}

task<result<std::vector<std::string>>> find_unknown_ids(pg::connection& db, replay_selection selection) {
  auto numbers = selection.event_ids();
  std::vector<std::optional<std::int64_t>> ids(numbers.begin(), numbers.end());
  static constexpr pg::statement text{"replay_known_ids",
                                      "select e.id from suivi.inbox e where e.id = any($1::bigint[])"};
  pg::params with;
  with.integers(ids);
  auto found = co_await db.run(text, std::move(with));
  if (!found) co_return found.error();
  std::set<std::string> known;
  for (std::size_t i = 0; i < found->size(); ++i) known.emplace(found->text(i, 0));
  std::vector<std::string> unknown;
  for (std::string& id : selection.ids)
    if (!known.contains(id)) unknown.push_back(std::move(id));
  co_return unknown;
}

task<result<std::uint64_t>> count_selected(pg::connection& db, replay_selection selection,
                                           std::string only_account, std::uint64_t enough) {
  if (!selection.ids.empty()) {
    auto ids = selection.event_ids();
    co_return ids.size();
  }
  auto few = co_await find_few(db, selection);
  if (!few) co_return few.error();
  std::uint64_t sum = 0;
  if (*few) {
    for (auto from = (*few)->begin(); from != (*few)->end() && sum <= enough;) {
      auto end = from + std::min<std::ptrdiff_t>(page_ids_max, (*few)->end() - from);
      std::vector<event_place> these(from, end);
      auto found = co_await count_at_places(db, selection, only_account, std::move(these));
      if (!found) co_return found;
      sum += *found;
      from = end;
    }
    co_return sum;
  }
  auto within = co_await range_of(db, selection);
  if (!within) co_return within.error();
  for (auto after = within->first - 1; after < within->last && sum <= enough; after += page_ids_max) {
    auto last = std::min(within->last, after + page_ids_max);
    auto found = co_await count_range(db, selection, only_account, after, last);
    if (!found) co_return found;
    sum += *found;
  }
  co_return sum;
}

} // namespace suivi::receiver
