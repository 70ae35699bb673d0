// Written by hand rather than by Beast's serializer: one append a line into a buffer that lives as long as
// its connection.
#include "common/http/message/response_head.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/http/status.hpp>
#include <charconv>
#include <fmt/format.h>

namespace suivi::http {
namespace {

void append_number(std::string& out, std::size_t number) {
  std::array<char, 20> digits{};
  auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void append_line(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

bool is_token_char(char c) {
  static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         marks.find(c) != std::string_view::npos;
}

bool is_value_char(char c) {
  auto byte = static_cast<unsigned char>(c);
  return (byte >= ' ' && byte != 0x7f) || byte == '\t';
}

} // namespace

std::string format_http_date(instant t) {
  using namespace std::chrono;
  static constexpr std::array<std::string_view, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  auto day_start = floor<days>(t);
  year_month_day date{day_start};
  hh_mm_ss clock{floor<seconds>(t) - day_start};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", weekdays[weekday{day_start}.c_encoding()],
                     static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count());
}

bool can_be_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_value_char);
}

bool can_be_sent(const header_list& headers) {
  return std::all_of(headers.begin(), headers.end(), [](const auto& h) {
    return !h.first.empty() && std::all_of(h.first.begin(), h.first.end(), is_token_char) &&
           can_be_value(h.second);
  });
}

void append_answer_head(std::string& out, const response& answer, const answer_terms& terms,
                        std::string_view date) {
  out += terms.http_1_1 ? "HTTP/1.1 " : "HTTP/1.0 ";
  append_number(out, answer.status);
  out += ' ';
  auto reason = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(answer.status));
  out.append(reason.data(), reason.size());
  out += "\r\n";
  if (!find_header(answer.headers, "Date")) append_line(out, "Date", date);
  bool streamed = answer.stream != nullptr;
  if ((streamed || !answer.bytes().empty()) && !answer.content_type.empty())
    append_line(out, "Content-Type", answer.content_type);
  if (streamed && terms.http_1_1) {
    out += "Transfer-Encoding: chunked\r\n";
  } else if (!streamed && answer.status >= 200 && answer.status != 204 && answer.status != 304) {
    out += "Content-Length: ";
    append_number(out, answer.bytes().size());
    out += "\r\n";
  }
  if (!terms.keep_alive)
    out += "Connection: close\r\n";
  else if (!terms.http_1_1)
    out += "Connection: keep-alive\r\n";
  for (const auto& [name, value] : answer.headers) {
    bool ours = same_name(name, "Connection") || same_name(name, "Content-Length") ||
                same_name(name, "Transfer-Encoding");
    if (!ours) append_line(out, name, value);
  }
  out += "\r\n";
}

} // namespace suivi::http
