// Raw bytes on a connection: requests and answers are read the same, or refused, however the bytes are cut
// into pieces, and no limit is ever exceeded.
#include "common/http/wire/parse.hpp"
#include "tests/fuzz/target.hpp"

#include <cstring>

namespace suivi::fuzz {
namespace {

using namespace suivi::http;

struct read_message {
  step end = step::more;
  step after_end_of_input = step::more; // where the bytes ended before the message
  std::string start;                    // method and target, or status
  header_list headers;
  std::string body;
  bool http_1_1 = false;
  std::size_t left = 0;
};

std::string start_of(const request_parser& p) {
  return p.method + " " + p.target;
}
std::string start_of(const response_parser& p) {
  return std::to_string(p.status);
}

// `piece()` answers how many bytes come next.
template <class Parser, class Piece>
read_message parse(std::string_view bytes, std::size_t max_head, std::size_t max_body, Piece piece) {
  Parser parser(max_head, max_body);
  beast::flat_buffer in;
  read_message got;
  while (got.end == step::more && !bytes.empty()) {
    std::string_view part = bytes.substr(0, piece());
    std::memcpy(in.prepare(part.size()).data(), part.data(), part.size());
    in.commit(part.size());
    bytes.remove_prefix(part.size());
    got.end = parser.feed(in);
    require(parser.body.size() <= max_body, "a body within its limit");
  }
  if (got.end == step::more) got.after_end_of_input = parser.end_of_input();
  got.start = start_of(parser);
  got.headers = parser.headers;
  got.body = parser.body;
  got.http_1_1 = parser.http_1_1();
  got.left = in.size() + bytes.size();
  return got;
}

// A mistake may be seen when its byte comes, or when the whole head has: which refusal it is, and when, may
// differ.
bool is_read(const read_message& m) {
  return m.end == step::done || m.after_end_of_input == step::done;
}

template <class Parser>
void check_direction(std::string_view bytes, choices& any) {
  std::size_t max_head = any.upto(3) == 0 ? 1 + any.upto(200) : 16 * 1024;
  std::size_t max_body = any.upto(3) == 0 ? any.upto(20) : 256 * 1024;
  for (int messages = 0; messages < 4 && !bytes.empty(); ++messages) {
    read_message whole = parse<Parser>(bytes, max_head, max_body, [&] { return bytes.size(); });
    std::size_t widest = any.upto(2) == 0 ? 0 : any.upto(40);
    read_message split = parse<Parser>(bytes, max_head, max_body, [&] { return 1 + any.upto(widest); });
    require(is_read(whole) == is_read(split), "the same end however the bytes are cut");
    if (is_read(whole)) {
      require(whole.end == split.end, "the same need of the peer's closing");
      require(whole.start == split.start && whole.http_1_1 == split.http_1_1, "the same start line");
      require(whole.headers == split.headers, "the same headers");
      require(whole.body == split.body, "the same body");
      require(whole.left == split.left, "the same bytes left over");
    }
    if (whole.end != step::done) return;
    require(whole.left < bytes.size(), "a message takes some bytes");
    bytes.remove_prefix(bytes.size() - whole.left);
  }
}

} // namespace

void one_input(std::string_view bytes) {
  choices any(bytes);
  check_direction<request_parser>(bytes, any);
  check_direction<response_parser>(bytes, any);
}

} // namespace suivi::fuzz
