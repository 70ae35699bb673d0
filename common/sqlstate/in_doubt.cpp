// Looks at the first word of each statement only: transaction control cannot hide elsewhere in a single
// statement, but for procedures (CALL), which Suivi does not use inside transactions.
#include "common/sqlstate/in_doubt.hpp"

#include <algorithm>
#include <cctype>
#include <string>

namespace suivi::pg {
namespace {

std::string_view skip_blank(std::string_view sql) {
  for (;;) {
    auto start = sql.find_first_not_of(" \t\r\n;");
    if (start == std::string_view::npos) return {};
    sql.remove_prefix(start);
    bool line = sql.starts_with("--");
    bool block = sql.starts_with("/*");
    if (!line && !block) return sql;
    auto end = line ? sql.find('\n') : sql.find("*/", 2);
    if (end == std::string_view::npos) return {};
    sql.remove_prefix(end + (line ? 1 : 2));
  }
}

std::string take_word(std::string_view& sql) {
  sql = skip_blank(sql);
  auto is_letter = [](unsigned char c) { return std::isalpha(c) != 0; };
  auto end = std::find_if_not(sql.begin(), sql.end(), is_letter);
  std::string word(sql.begin(), end);
  sql.remove_prefix(word.size());
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
  return word;
}

enum class verb { other, begin, commit, rollback };

verb verb_of(std::string_view sql) {
  std::string word = take_word(sql);
  if (word == "begin" || word == "start") return verb::begin;
  if (word == "commit" || word == "end") return verb::commit;
  if (word != "rollback" && word != "abort") return verb::other;
  std::string next = take_word(sql);
  if (next == "work" || next == "transaction") next = take_word(sql);
  return next == "to" ? verb::other : verb::rollback; // to a savepoint: the transaction goes on
}

} // namespace

bool may_commit(bool in_transaction, std::span<const std::string_view> texts) {
  for (std::string_view sql : texts) {
    verb verb_sent = verb_of(sql);
    if (verb_sent == verb::commit || (verb_sent == verb::other && !in_transaction)) return true;
    if (verb_sent == verb::begin) in_transaction = true;
    if (verb_sent == verb::rollback) in_transaction = false;
  }
  return false;
}

transaction_step transaction_step_of(std::string_view sql) {
  verb verb_sent = verb_of(sql);
  if (verb_sent == verb::begin) return transaction_step::begins;
  return verb_sent == verb::other ? transaction_step::none : transaction_step::ends;
}

} // namespace suivi::pg
