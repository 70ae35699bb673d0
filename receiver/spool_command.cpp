// In batches: read, stored in one transaction, taken out of the file. A webhook that the database refuses
// even alone is kept as raw bytes there, as the server does it.
#include "receiver/spool_command.hpp"

#include "common/json/json_text.hpp"
#include "common/json/json_values.hpp"
#include "common/pg/attended_migration.hpp"
#include "common/program/exit_status.hpp"
#include "common/program/migrate_command.hpp"
#include "common/runtime/task_group.hpp"
#include "common/schema/numbering.hpp"
#include "common/schema/schema.hpp"
#include "common/sqlstate/batch_parts.hpp"
#include "receiver/inbox/ingest.hpp"
#include "receiver/services/options.hpp"
#include "receiver/spool/spool_file.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <filesystem>
#include <fmt/format.h>
#include <span>
#include <utility>
#include <vector>

namespace suivi::receiver {
namespace {

namespace exits = program::exits;

constexpr std::size_t batch_rows = 500;
constexpr std::uint64_t batch_bytes = 8 << 20;

void say(const std::string& line) {
  fmt::print(stderr, "suivi-receiver: {}\n", line);
}

class spool_command {
 public:
  spool_command(const config::settings& s, const spool_arguments& arguments)
      : settings_(s), arguments_(arguments), file_(s.receiver.spool, s.receiver.spool_max_bytes) {}

  int status() {
    result<spool_depth> depth = read_depth();
    if (!depth) return fail(depth.error());
    print(*depth, std::nullopt);
    return exits::done;
  }

  task<void> drain(int& status) {
    status = exits::failed;
    result<spool_depth> before = read_depth();
    if (!before) {
      status = fail(before.error());
      co_return;
    }
    std::uint64_t drained = 0;
    result<void> done;
    if (before->rows > 0) done = co_await bring(drained);
    result<spool_depth> left = read_depth();
    if (!left) {
      status = fail(left.error());
      co_return;
    }
    print(*left, drained);
    if (!done) say(to_string(done.error()));
    status = left->rows > 0 ? exits::incomplete : exits::done;
    if (!done && drained == 0) status = exits::failed;
  }

 private:
  int fail(const error& why) const {
    say(fmt::format("the spool in {} cannot be read: {}", settings_.receiver.spool, to_string(why)));
    return exits::failed;
  }

  // Makes no file where there is none. A receiver that has other settings has another spool: whoever looks
  // into a place where there is none must not take it for an empty one.
  result<spool_depth> read_depth() {
    std::error_code ignored;
    if (std::filesystem::exists(settings_.receiver.spool + "/spool.db", ignored)) return file_.depth();
    if (!std::exchange(said_absent_, true))
      say(fmt::format("there is no spool in {}; receiver.spool says where to look",
                      settings_.receiver.spool));
    return spool_depth();
  }

  void print(const spool_depth& depth, std::optional<std::uint64_t> drained) const {
    if (arguments_.json) {
      boost::json::object report;
      if (drained) report["drained"] = *drained;
      report["events"] = depth.rows;
      report["bytes"] = depth.bytes;
      report["oldest"] = or_null(depth.oldest);
      report["folder"] = settings_.receiver.spool;
      fmt::print("{}\n", write_json(report));
      return;
    }
    fmt::print("{:<10} {}\n", "folder", settings_.receiver.spool);
    if (drained) fmt::print("{:<10} {}\n", "drained", *drained);
    fmt::print("{:<10} {}\n{:<10} {}\n", drained ? "left" : "webhooks", depth.rows, "bytes", depth.bytes);
    if (depth.oldest) fmt::print("{:<10} {}\n", "oldest", format_instant(*depth.oldest));
  }

  task<result<void>> bring(std::uint64_t& drained) {
    auto options = connect_options(settings_);
    auto db = co_await program::connect_patiently(options);
    if (!db) co_return db.error();
    auto scripts = schema::all();
    auto migrated = co_await pg::migrate_attended(*db, options, scripts);
    if (!migrated) co_return migrated.error();
    auto numbered = co_await schema::keep_numbers_unique(*db);
    if (!numbered) co_return numbered.error();
    std::int64_t after = 0;
    std::optional<error> failed;
    for (;;) {
      result<std::vector<spooled>> rows = file_.read(after, batch_rows, batch_bytes);
      if (!rows) co_return rows.error();
      if (rows->empty()) break;
      after = rows->back().id;
      std::int64_t generation = rows->front().generation;
      std::vector<std::int64_t> stored;
      auto kept = co_await store(*db, std::move(*rows), stored);
      if (!kept) failed = kept.error();
      result<void> removed = file_.remove(generation, stored);
      if (!removed) co_return removed.error();
      drained += stored.size();
      if (failed && !db->alive()) break;
    }
    if (failed) co_return *failed;
    co_return result<void>();
  }

  // `stored`: what is in the database now, whatever became of the others.
  static task<result<void>> store(pg::connection& db, std::vector<spooled> rows,
                                  std::vector<std::int64_t>& stored) {
    std::vector<webhook> webhooks;
    for (spooled& row : rows)
      webhooks.push_back(to_webhook(std::move(row.raw), std::move(row.account), row.received_at));
    pg::batch_parts todo(rows.size());
    std::optional<error> failed;
    while (!todo.empty()) {
      pg::range part = todo.take();
      std::span<const webhook> these(webhooks.data() + part.begin, part.size());
      auto kept = co_await ingest(db, these, "");
      std::optional<error> why;
      if (!kept) why = kept.error();
      if (why && pg::after_failure(*why, part.size()) == pg::remedy::isolate) {
        auto alone =
            co_await ingest_as_poison(db, webhooks[part.begin], "the database refused it: " + why->code);
        why.reset();
        if (!alone) why = alone.error();
      }
      if (why && part.size() > 1 && pg::after_failure(*why, part.size()) == pg::remedy::split) {
        todo.split(part);
        continue;
      }
      if (why) {
        failed = *why;
        if (!db.alive()) break;
        continue;
      }
      for (std::size_t i = part.begin; i < part.end; ++i) stored.push_back(rows[i].id);
    }
    if (failed) co_return *failed;
    co_return result<void>();
  }

  const config::settings& settings_;
  const spool_arguments& arguments_;
  spool_file file_;
  bool said_absent_ = false;
};

} // namespace

int run_spool(const config::settings& s, const spool_arguments& arguments) {
  spool_command all(s, arguments);
  if (!arguments.drain) return all.status();
  asio::io_context io(1);
  runtime::task_group group(io.get_executor());
  int status = exits::failed;
  group.spawn("spool drain", all.drain(status));
  io.run();
  return status;
}

} // namespace suivi::receiver
