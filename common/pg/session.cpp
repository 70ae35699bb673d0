// Facts relied on (libpq 15): the socket is closed by whichever call notices that the server has gone; after
// a failed write libpq still reads what the server said before it closed; in non-blocking mode PQconsumeInput
// flushes too; TLS may hold decrypted bytes that the socket no longer shows as readable, therefore a TLS
// session looks again after short whiles.
#include "common/pg/session.hpp"

#include "common/log/log.hpp"
#include "common/sqlstate/sqlstate.hpp"

#include <algorithm>
#include <cstdlib>
#include <sys/socket.h>

namespace suivi::pg {
namespace {

constexpr milliseconds tls_poll{20};
constexpr std::string_view no_descriptor = "too many open files";

void drop_notice(void*, const PGresult*) {}

// One line, without libpq's prefixes of several lines.
std::string first_line(const char* message) {
  std::string_view text = message == nullptr ? "" : message;
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  std::string out(text);
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

} // namespace

void session_group::abandon() {
  for (session* each : sessions_) each->abandon();
}

session::session(asio::any_io_executor executor, milliseconds limit, std::shared_ptr<session_group> among)
    : answer_timeout(limit), watch_(std::move(executor)), among_(std::move(among)) {
  if (among_) among_->sessions_.insert(this);
}

session::~session() {
  if (among_) among_->sessions_.erase(this);
  close();
}

// libpq finds the end of file as if the server had closed, and a waiter is woken by it.
void session::abandon() {
  if (raw_ != nullptr && PQsocket(raw_) >= 0) ::shutdown(PQsocket(raw_), SHUT_RDWR);
}

void session::close() {
  watch_.detach();
  if (raw_ != nullptr) PQfinish(raw_);
  raw_ = nullptr;
}

error session::refused() const {
  return transient("pg:refused", raw_ == nullptr ? "out of memory" : first_line(PQerrorMessage(raw_)));
}

task<result<void>> session::open(settings of_host, steady_time deadline) {
  std::vector<const char*> keywords, values;
  for (const auto& [keyword, value] : of_host) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  raw_ = PQconnectStartParams(keywords.data(), values.data(), 0);
  if (raw_ == nullptr || PQstatus(raw_) == CONNECTION_BAD) {
    error why = refused();
    close();
    co_return why;
  }
  PQsetNoticeReceiver(raw_, drop_notice, nullptr);
  PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
  while (wanted != PGRES_POLLING_OK) {
    // libpq may open another socket in any poll, under the same number even: attach anew each time.
    if (!watch_.attach(PQsocket(raw_))) {
      close();
      co_return transient("pg:refused", no_descriptor);
    }
    interest interest = wanted == PGRES_POLLING_READING ? interest::reading : interest::writing;
    bool in_time = co_await watch_.wait(interest, deadline);
    watch_.detach();
    if (!in_time) {
      close();
      co_return transient("pg:refused", "no answer in time");
    }
    wanted = PQconnectPoll(raw_);
    if (wanted == PGRES_POLLING_FAILED) {
      error why = refused();
      close();
      co_return why;
    }
  }
  PQsetnonblocking(raw_, 1);
  if (!watch_.attach(PQsocket(raw_))) {
    close();
    co_return transient("pg:refused", no_descriptor);
  }
  co_return result<void>();
}

void session::take_input() {
  if (raw_ == nullptr || gone_) return;
  bool read = PQconsumeInput(raw_) == 1;
  if (!read || PQstatus(raw_) == CONNECTION_BAD) gone_ = true;
}

// One wait and one read; false: the deadline.
task<bool> session::turn(bool writing, steady_time deadline) {
  bool tls = PQsslInUse(raw_) == 1;
  steady_time until = tls ? std::min(deadline, std::chrono::steady_clock::now() + tls_poll) : deadline;
  interest wanted = writing ? interest::both : interest::reading;
  bool woken = co_await watch_.wait(wanted, until);
  take_input();
  co_return woken || (tls && std::chrono::steady_clock::now() < deadline);
}

task<session::progress> session::until_answer(steady_time deadline) {
  while (true) {
    int unsent = PQflush(raw_); // -1: not writable any more; what the server said is still read below
    if (PQisBusy(raw_) == 0) co_return progress::ready;
    if (gone_) co_return progress::lost;
    bool in_time = co_await turn(unsent == 1, deadline);
    if (!in_time && PQisBusy(raw_) == 1) co_return progress::late;
  }
}

task<session::progress> session::until_sent(steady_time deadline) {
  while (true) {
    int unsent = PQflush(raw_);
    if (gone_ || unsent < 0) co_return progress::lost;
    if (unsent == 0) co_return progress::ready;
    bool in_time = co_await turn(true, deadline);
    if (!in_time) co_return progress::late;
  }
}

call::call(session& s) : session_(s) {
  if (s.busy) {
    log::error("two calls at once on one database connection");
    std::abort();
  }
  s.busy = true;
}

call::~call() {
  session_.busy = false;
  if (!finished_) session_.close();
}

error error_of(const PGresult* r, bool doubt, bool raises_ours) {
  const char* state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
  if (state == nullptr) return lost(doubt);
  auto text = [r](int name) {
    const char* value = PQresultErrorField(r, name);
    return std::string_view(value == nullptr ? "" : value);
  };
  if (is_raised_by_function(text(PG_DIAG_SOURCE_FILE)))
    return raises_ours && is_of_suivi(state) ? suivi_error(state, text(PG_DIAG_MESSAGE_PRIMARY))
                                             : raised_error(state);
  if (is_missing_partition(state, text(PG_DIAG_SCHEMA_NAME), text(PG_DIAG_CONSTRAINT_NAME)))
    return permanent(no_partition,
                     "a partition of suivi." + std::string(text(PG_DIAG_TABLE_NAME)) + " is missing");
  return sqlstate_error(state, text(PG_DIAG_MESSAGE_PRIMARY), text(PG_DIAG_CONSTRAINT_NAME),
                        text(PG_DIAG_COLUMN_NAME));
}

std::string state_of_server(const PGresult* r) {
  const char* state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
  const char* source = PQresultErrorField(r, PG_DIAG_SOURCE_FILE);
  if (state == nullptr || (source != nullptr && is_raised_by_function(source))) return {};
  return state;
}

error lost(bool doubt) {
  constexpr std::string_view why = "the connection to the database was lost";
  return doubt ? in_doubt("pg:lost", why) : transient("pg:lost", why);
}

error late(bool doubt) {
  constexpr std::string_view why = "the database did not answer in time";
  return doubt ? in_doubt("pg:timeout", why) : transient("pg:timeout", why);
}

} // namespace suivi::pg
