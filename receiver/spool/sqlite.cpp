// Calls SQLite and turns its extended result codes into errors.
#include "receiver/spool/sqlite.hpp"

#include <array>
#include <cstring>
#include <optional>
#include <sqlite3.h>

namespace suivi::receiver {
namespace {

constexpr const char* corrupt_code = "spool:corrupt";
constexpr const char* busy_code = "spool:busy";
constexpr const char* full_code = "spool:disk";

error to_error(int code) {
  auto kind = code & 0xff;
  auto text = sqlite3_errstr(code);
  if (kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB) return permanent(corrupt_code, text);
  if (kind == SQLITE_BUSY || kind == SQLITE_LOCKED) return transient(busy_code, text);
  if (kind == SQLITE_FULL) return transient(full_code, text);
  return transient("sqlite:" + std::to_string(code), text);
}

// The bytes that the file begins with, by its open handle; nullopt where it is shorter.
template <std::size_t count>
std::optional<std::array<unsigned char, count>> beginning_of(sqlite3_file* file) {
  std::array<unsigned char, count> bytes{};
  if (file->pMethods->xRead(file, bytes.data(), count, 0) != SQLITE_OK) return std::nullopt;
  return bytes;
}

sqlite3_file* handle(sqlite3* db, int which) {
  sqlite3_file* file = nullptr;
  bool there = sqlite3_file_control(db, "main", which, static_cast<void*>(&file)) == SQLITE_OK;
  return there && file != nullptr && file->pMethods != nullptr ? file : nullptr;
}

error last_error(sqlite3* db) {
  return to_error(db == nullptr ? SQLITE_NOMEM : sqlite3_extended_errcode(db));
}

} // namespace

void sqlite::closer::operator()(sqlite3* db) const {
  sqlite3_close_v2(db);
}

result<sqlite> sqlite::open(const std::string& path, int patience_ms) {
  sqlite3* raw = nullptr;
  int code = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  sqlite opened;
  opened.db_.reset(raw);
  if (code != SQLITE_OK) return to_error(code);
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, patience_ms);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return opened;
}

result<void> sqlite::run(const std::string& sql) {
  if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return last_error(db_.get());
  return {};
}

result<std::int64_t> sqlite::number(const std::string& sql) {
  auto statement = sqlite_statement::prepare(*this, sql);
  if (!statement) return statement.error();
  auto row = statement->step();
  if (!row) return row.error();
  return *row ? statement->integer(0) : 0;
}

result<std::string> sqlite::text(const std::string& sql) {
  auto statement = sqlite_statement::prepare(*this, sql);
  if (!statement) return statement.error();
  auto row = statement->step();
  if (!row) return row.error();
  return *row ? statement->bytes(0) : std::string();
}

bool sqlite::begins_well() const {
  constexpr std::string_view of_file = "SQLite format 3"; // and a NUL
  constexpr std::array<unsigned char, 3> of_log{0x37, 0x7f, 0x06};
  sqlite3_file* file = handle(db_.get(), SQLITE_FCNTL_FILE_POINTER);
  if (file == nullptr) return false;
  auto there = beginning_of<of_file.size() + 1>(file);
  if (!there || std::memcmp(there->data(), of_file.data(), there->size()) != 0) return false;
  sqlite3_file* log = handle(db_.get(), SQLITE_FCNTL_JOURNAL_POINTER);
  sqlite3_int64 bytes = 0;
  if (log == nullptr || log->pMethods->xFileSize(log, &bytes) != SQLITE_OK || bytes == 0) return true;
  return beginning_of<of_log.size()>(log) == of_log;
}

void sqlite_statement::finalizer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

result<sqlite_statement> sqlite_statement::prepare(const sqlite& in, std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  int code = sqlite3_prepare_v2(in.db_.get(), sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
  if (code != SQLITE_OK) return last_error(in.db_.get());
  sqlite_statement prepared;
  prepared.statement_.reset(raw);
  return prepared;
}

void sqlite_statement::bind(int place, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), place, value);
}

void sqlite_statement::bind_bytes(int place, std::string_view value) {
  // A null pointer would bind NULL.
  const char* start = value.data() == nullptr ? "" : value.data();
  sqlite3_bind_blob64(statement_.get(), place, start, value.size(), SQLITE_STATIC);
}

void sqlite_statement::bind_null(int place) {
  sqlite3_bind_null(statement_.get(), place);
}

result<bool> sqlite_statement::step() {
  int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return last_error(sqlite3_db_handle(statement_.get()));
}

std::int64_t sqlite_statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string sqlite_statement::bytes(int column) const {
  auto start = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  auto size = sqlite3_column_bytes(statement_.get(), column);
  return start == nullptr ? std::string() : std::string(start, static_cast<std::size_t>(size));
}

bool sqlite_statement::null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void sqlite_statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

bool is_corrupt(const error& e) {
  return e.code == corrupt_code;
}

bool is_full(const error& e) {
  return e.code == full_code;
}

bool is_busy(const error& e) {
  return e.code == busy_code;
}

} // namespace suivi::receiver
