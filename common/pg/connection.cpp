// Calls on an open session. Every statement goes through libpq's pipeline mode, so that preparing at first
// use costs no round trip; COPY and scripts use the simple protocol, which pipeline mode excludes.
#include "common/pg/connection.hpp"

#include "common/pg/connect.hpp"
#include "common/pg/params_access.hpp"
#include "common/sqlstate/in_doubt.hpp"
#include "common/sqlstate/sqlstate.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <utility>

namespace suivi::pg {
namespace {

constexpr std::size_t params_max = 65'535; // the protocol counts them in 16 bits

// What libpq was asked, in order; every entry gets exactly one answer before the Sync's.
struct entry {
  bool prepares = false;
  pg::statement statement;
  bool is_ours = false; // the settings of a transaction: the caller asked for no answer
};

// Pointers to parameters as libpq wants them; valid while the params live.
struct binary_params {
  explicit binary_params(const params& from) {
    for (const auto& v : params_access::values(from)) {
      types.push_back(v.type);
      values.push_back(v.is_null ? nullptr : v.bytes.data());
      lengths.push_back(static_cast<int>(v.bytes.size()));
      formats.push_back(1);
    }
  }
  [[nodiscard]] int count() const { return static_cast<int>(values.size()); }
  std::vector<Oid> types;
  std::vector<const char*> values;
  std::vector<int> lengths, formats;
};

// Queues one statement; false: libpq failed.
bool send_step(session& s, statement statement, const params& with, std::vector<entry>& sent) {
  binary_params p(with);
  std::string text(statement.text);
  std::string name(statement.name);
  if (!s.settings_each.empty()) name.clear(); // names are another session's in the next transaction
  if (name.empty()) {
    statement.name = {};
    sent.push_back({false, statement});
    return PQsendQueryParams(s.raw(), text.c_str(), p.count(), p.types.data(), p.values.data(),
                             p.lengths.data(), p.formats.data(), statement.binary ? 1 : 0) == 1;
  }
  auto known = s.prepared.find(name);
  std::string as_prepared = s.name_of_statement(name);
  if (known == s.prepared.end()) {
    sent.push_back({true, statement});
    s.prepared.emplace(name, statement.text);
    if (PQsendPrepare(s.raw(), as_prepared.c_str(), text.c_str(), p.count(), p.types.data()) != 1)
      return false;
  } else {
    assert(known->second == statement.text && "one name, two statements");
  }
  sent.push_back({false, statement});
  return PQsendQueryPrepared(s.raw(), as_prepared.c_str(), p.count(), p.values.data(), p.lengths.data(),
                             p.formats.data(), statement.binary ? 1 : 0) == 1;
}

bool send_settings(session& s, std::vector<entry>& sent) {
  sent.push_back({false, {}, true});
  return PQsendQueryParams(s.raw(), s.settings_each.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) == 1;
}

// What the answers of one pipeline add up to.
struct harvest {
  std::vector<rows> answers;
  std::optional<error> failed;
  std::string sqlstate;
  std::size_t failed_at = 0; // of what was sent
  bool unsure_end = false;   // the error came after all statements' answers: while the server was committing
  bool misused = false;      // an answer that pipeline mode does not allow (COPY)
};

// One answer that is not the Sync's; `index` counts them.
void take(harvest& into, answer got, std::vector<entry>& sent, std::size_t index, session& s, bool doubt) {
  bool at_end = index >= sent.size();
  switch (PQresultStatus(got.get())) {
  case PGRES_COMMAND_OK:
  case PGRES_TUPLES_OK:
  case PGRES_EMPTY_QUERY:
    if (!at_end && !sent[index].prepares && !sent[index].is_ours)
      into.answers.emplace_back(std::shared_ptr<PGresult>(got.release(), free_answer{}));
    return;
  case PGRES_PIPELINE_ABORTED:
    if (!at_end && sent[index].prepares) s.prepared.erase(std::string(sent[index].statement.name));
    return;
  case PGRES_FATAL_ERROR:
    if (!at_end && sent[index].prepares) s.prepared.erase(std::string(sent[index].statement.name));
    if (into.failed) return;
    into.failed = error_of(got.get(), doubt, !at_end && sent[index].statement.raises_ours);
    into.unsure_end = at_end;
    into.failed_at = index;
    into.sqlstate = state_of_server(got.get());
    return;
  default:
    into.misused = true;
  }
}

// A prepared statement that the server no longer knows, or whose result's shape an ALTER changed: prepared
// anew, it succeeds. One that was prepared just now is not outdated.
bool outdated_statement(std::string_view sqlstate, const std::vector<entry>& sent, std::size_t failed) {
  if (sqlstate == "26000" || sqlstate == "42P05") return true;
  if (sqlstate != "0A000" || failed >= sent.size() || sent[failed].statement.name.empty()) return false;
  return std::ranges::none_of(
      sent, [&](const entry& e) { return e.prepares && e.statement.name == sent[failed].statement.name; });
}

// Reads up to the Sync's answer; the loss or the deadline ends it earlier, with `failed` set.
task<bool> reap(session& s, std::vector<entry>& sent, bool doubt, harvest& into) {
  auto deadline = std::chrono::steady_clock::now() + s.answer_timeout;
  std::size_t index = 0;
  bool ended = false;
  while (!into.misused) {
    auto progress = co_await s.until_answer(deadline);
    if (progress == session::progress::late && !into.failed) into.failed = late(doubt);
    if (progress == session::progress::lost && !into.failed) into.failed = lost(doubt);
    if (progress != session::progress::ready) co_return false;
    answer got(PQgetResult(s.raw()));
    if (!got) { // the end of one statement's answers; twice: libpq expects nothing more
      if (s.open() && !std::exchange(ended, true)) continue;
      if (!into.failed) into.failed = lost(doubt);
      co_return false;
    }
    ended = false;
    if (PQresultStatus(got.get()) == PGRES_PIPELINE_SYNC) co_return true;
    take(into, std::move(got), sent, index++, s, doubt);
  }
  into.failed = permanent("pg:misuse", "COPY inside a pipeline");
  co_return false;
}

// The first answer to a simple query, then whatever follows it; for scripts and the two ends of COPY.
struct simple_outcome {
  std::optional<error> failed;
  std::string sqlstate;
  ExecStatusType status = PGRES_EMPTY_QUERY; // of the last answer
  std::uint64_t affected = 0;
  bool at_rest = false; // all answers were read
};

task<simple_outcome> read_simple(session& s, bool doubt) {
  simple_outcome out;
  auto deadline = std::chrono::steady_clock::now() + s.answer_timeout;
  while (true) {
    auto progress = co_await s.until_answer(deadline);
    if (progress != session::progress::ready) {
      if (!out.failed) out.failed = progress == session::progress::late ? late(doubt) : lost(doubt);
      co_return out;
    }
    answer got(PQgetResult(s.raw()));
    if (!got) {
      out.at_rest = s.open();
      if (!out.at_rest && !out.failed) out.failed = lost(doubt);
      co_return out;
    }
    out.status = PQresultStatus(got.get());
    if (out.status == PGRES_COPY_IN || out.status == PGRES_COPY_OUT || out.status == PGRES_COPY_BOTH)
      co_return out;
    std::string_view count = PQcmdTuples(got.get());
    std::from_chars(count.data(), count.data() + count.size(), out.affected);
    if (out.status == PGRES_FATAL_ERROR && !out.failed) {
      out.failed = error_of(got.get(), doubt);
      out.sqlstate = state_of_server(got.get());
    }
  }
}

// Several statements sent together are one transaction, unless they say otherwise. An index that is made
// beside its writers stands in none.
std::string with_settings(const session& s, std::string_view sql) {
  if (sql.starts_with("create index concurrently")) return std::string(sql);
  bool settled = s.settings_each.empty() || PQtransactionStatus(s.raw()) != PQTRANS_IDLE;
  return settled ? std::string(sql) : s.settings_each + "; " + std::string(sql);
}

} // namespace

std::size_t pipeline::add(statement statement, params with) {
  steps_.push_back({statement, std::move(with)});
  return steps_.size() - 1;
}

connection::connection(std::unique_ptr<session> s) : session_(std::move(s)) {}
task<result<connection>> connection::connect(const connect_options& options) {
  return connect(options, nullptr);
}

task<result<connection>> connection::connect(const connect_options& options,
                                             std::shared_ptr<session_group> among) {
  auto opened = co_await open_session(options, std::move(among));
  if (!opened) co_return opened.error();
  co_return connection(std::move(*opened));
}

connection::connection(connection&&) noexcept = default;
connection& connection::operator=(connection&&) noexcept = default;
connection::~connection() = default;

task<result<rows>> connection::run(statement statement, params with) {
  pipeline one;
  one.add(statement, std::move(with));
  auto answers = co_await run(std::move(one));
  if (!answers) co_return answers.error();
  co_return std::move(answers->front());
}

task<result<std::vector<rows>>> connection::run(pipeline steps) {
  if (steps.steps_.empty()) co_return std::vector<rows>();
  for (const auto& step : steps.steps_)
    if (step.with.size() > params_max) co_return permanent("pg:misuse", "more than 65535 parameters");
  if (!alive()) co_return lost(false); // nothing was sent
  session& s = *session_;
  std::vector<std::string_view> texts;
  for (const auto& step : steps.steps_) texts.push_back(step.statement.text);
  bool doubt = may_commit(in_transaction(), texts);
  bool is_whole = !in_transaction() && std::ranges::all_of(texts, [](std::string_view text) {
    return transaction_step_of(text) == transaction_step::none;
  });

  for (bool repeated = false;; repeated = true) {
    call guard(s);
    std::vector<entry> sent;
    bool queued = PQenterPipelineMode(s.raw()) == 1;
    bool settled = s.settings_each.empty() || PQtransactionStatus(s.raw()) != PQTRANS_IDLE;
    for (const auto& step : steps.steps_) {
      transaction_step kind =
          s.settings_each.empty() ? transaction_step::none : transaction_step_of(step.statement.text);
      bool ours_first = !settled && kind == transaction_step::none;
      queued = queued && (!ours_first || send_settings(s, sent));
      queued = queued && send_step(s, step.statement, step.with, sent);
      queued = queued && (kind != transaction_step::begins || send_settings(s, sent));
      settled = kind != transaction_step::ends;
    }
    queued = queued && PQpipelineSync(s.raw()) == 1;
    if (!queued) co_return lost(doubt); // a part may be on its way

    harvest got;
    bool at_rest = co_await reap(s, sent, doubt, got);
    if (at_rest && PQexitPipelineMode(s.raw()) == 1) guard.finished();
    if (!got.failed) co_return std::move(got.answers);
    bool outdated = outdated_statement(got.sqlstate, sent, got.failed_at);
    if (outdated && is_whole && at_rest && !repeated) { // all of it was rolled back
      s.forget_statements();
      continue;
    }
    if (ends_session(got.sqlstate)) {
      guard.spoil();
      if (doubt && got.unsure_end) got.failed->kind = failure::in_doubt;
    }
    if (outdated) {
      guard.spoil();
      got.failed->kind = failure::transient;
    }
    co_return *std::move(got.failed);
  }
}

task<result<void>> connection::run_script(std::string_view sql) {
  if (!alive()) co_return lost(false);
  session& s = *session_;
  bool doubt = !in_transaction() || may_commit(true, {&sql, 1}); // a script may hold a COMMIT anywhere
  std::string text = with_settings(s, sql);
  call guard(s);
  if (PQsendQuery(s.raw(), text.c_str()) != 1) co_return lost(false);
  auto outcome = co_await read_simple(s, doubt);
  if (outcome.at_rest) guard.finished();
  if (ends_session(outcome.sqlstate)) guard.spoil();
  if (outcome.failed) co_return *outcome.failed;
  if (!outcome.at_rest) co_return permanent("pg:misuse", "COPY in a script");
  co_return result<void>();
}

task<result<std::uint64_t>> connection::copy_in(std::string_view copy_statement,
                                                std::function<bool(std::string& buffer)> next) {
  if (!alive()) co_return lost(false);
  session& s = *session_;
  bool doubt = !in_transaction();
  std::string text = with_settings(s, copy_statement);
  call guard(s);
  if (PQsendQuery(s.raw(), text.c_str()) != 1) co_return lost(false);
  auto begun = co_await read_simple(s, false);
  if (begun.status != PGRES_COPY_IN || begun.failed) {
    if (begun.at_rest) guard.finished();
    if (ends_session(begun.sqlstate)) guard.spoil();
    if (begun.failed) co_return *begun.failed;
    co_return permanent("pg:misuse", "not a COPY … FROM STDIN");
  }

  std::string buffer;
  bool more = true;
  while (more) {
    buffer.clear();
    more = next(buffer);
    // 0 and -1 cannot be told from lost: libpq grows its buffer, and the one before was sent.
    if (!buffer.empty() && PQputCopyData(s.raw(), buffer.data(), static_cast<int>(buffer.size())) != 1) break;
    auto deadline = std::chrono::steady_clock::now() + s.answer_timeout;
    auto sent = co_await s.until_sent(deadline);
    if (sent == session::progress::late) co_return late(false); // without its end a COPY is rolled back
    if (sent == session::progress::lost) break;                 // the server's reason is read below
  }
  bool ended = PQputCopyEnd(s.raw(), more ? "interrupted" : nullptr) == 1;
  auto outcome = co_await read_simple(s, doubt && ended && !more);
  if (outcome.at_rest) guard.finished();
  if (ends_session(outcome.sqlstate)) guard.spoil();
  if (outcome.failed) co_return *outcome.failed;
  if (more) co_return lost(false);
  co_return outcome.affected;
}

milliseconds connection::answer_within(milliseconds limit) {
  return std::exchange(session_->answer_timeout, limit);
}

bool connection::alive() const {
  if (!session_ || session_->raw() == nullptr) return false;
  // A server that closed an idle connection left its reason and an end of file to be read.
  if (!session_->busy) session_->take_input();
  return session_->open();
}

bool connection::in_transaction() const {
  if (!session_ || session_->raw() == nullptr) return false;
  auto status = PQtransactionStatus(session_->raw());
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE;
}

} // namespace suivi::pg
