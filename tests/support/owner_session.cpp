// libpq's blocking calls, for a test has nothing else to do meanwhile.
#include "tests/support/owner_session.hpp"

#include "tests/support/sanitized.hpp"

#include <array>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdexcept>

namespace suivi::test {
namespace {

struct clearer {
  void operator()(PGresult* of) const { PQclear(of); }
};
using answer = std::unique_ptr<PGresult, clearer>;

// Said by the server before it closed, or closed: nothing else comes unasked for.
bool has_ended(PGconn* open) {
  pollfd socket{PQsocket(open), POLLIN, 0};
  return PQstatus(open) != CONNECTION_OK || poll(&socket, 1, 0) != 0;
}

} // namespace

void owner_session::closer::operator()(pg_conn* open) const {
  PQfinish(open);
}

void owner_session::open() {
  std::string settings =
      fmt::format("-c statement_timeout={}s -c timezone=UTC -c datestyle=ISO -c jit=off", 170 * slowness);
  std::array keywords{"dbname",  "application_name", "client_encoding",
                      "options", "connect_timeout",  static_cast<const char*>(nullptr)};
  std::array values{url_.c_str(),     "suivi-test", "UTF8",
                    settings.c_str(), "60",         static_cast<const char*>(nullptr)};
  open_.reset(PQconnectdbParams(keywords.data(), values.data(), 1));
  if (PQstatus(open_.get()) != CONNECTION_OK) {
    std::string why = PQerrorMessage(open_.get());
    open_.reset();
    throw std::runtime_error(why);
  }
  PQsetNoticeReceiver(open_.get(), [](void*, const PGresult*) {}, nullptr);
}

std::string owner_session::send(const std::string& sql) {
  answer got(PQexec(open_.get(), sql.c_str()));
  ExecStatusType status = PQresultStatus(got.get());
  if (status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) return "";
  if (status == PGRES_TUPLES_OK) {
    if (PQntuples(got.get()) == 0 || PQnfields(got.get()) == 0) return "";
    return PQgetisnull(got.get(), 0, 0) != 0 ? "NULL" : PQgetvalue(got.get(), 0, 0);
  }
  const char* code = PQresultErrorField(got.get(), PG_DIAG_SQLSTATE);
  throw std::runtime_error(code == nullptr
                               ? PQerrorMessage(open_.get())
                               : fmt::format("sqlstate:{}: {}", code, PQresultErrorMessage(got.get())));
}

void owner_session::clean() {
  bool idle = PQtransactionStatus(open_.get()) == PQTRANS_IDLE;
  if (idle) idle = PQresultStatus(answer(PQexec(open_.get(), "discard all")).get()) == PGRES_COMMAND_OK;
  if (!idle) open_.reset();
}

std::string owner_session::run(std::string_view sql) {
  std::lock_guard alone(one_at_a_time_);
  if (!open_ || has_ended(open_.get())) open();
  try {
    std::string cell = send(std::string(sql));
    clean();
    return cell;
  } catch (const std::runtime_error&) {
    clean();
    throw;
  }
}

} // namespace suivi::test
