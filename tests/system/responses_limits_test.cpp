// Limits, and peers that are broken, slow, hostile or too many: the real program answers or cuts them off,
// keeps nothing of what did not arrive whole, and serves the next one.
#include "tests/programs/webhook_sender.hpp"

#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <sys/resource.h>

using namespace suivi::test;
using namespace std::string_literals;
using std::chrono::steady_clock;

namespace {

const std::string chunked =
    "POST " + secret_address + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n";

std::string chunk(const std::string& bytes, const std::string& extension = "") {
  return fmt::format("{:x}{}\r\n{}\r\n", bytes.size(), extension, bytes);
}

// A webhook of exactly so many bytes.
std::string padded(const std::string& reference, std::size_t bytes) {
  auto body = event(reference);
  REQUIRE(body.size() < bytes);
  return body + std::string(bytes - body.size(), ' ');
}

// With a peer that was there before, and one that comes.
void check_serves(webhook_sender& r, const std::string& reference) {
  CHECK(r.push(secret_address, event(reference)).status == 200);
  CHECK(r.holds(reference));
}

std::int64_t open_files(pid_t process) {
  std::int64_t count = 0;
  for ([[maybe_unused]] const auto& each :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", process)))
    ++count;
  return count;
}

struct bad {
  std::string bytes;
  unsigned status;
};

// Each might be read as two requests, or as none.
std::vector<bad> read_in_two_ways() {
  auto body = event("R1");
  auto length = "Content-Length: " + std::to_string(body.size()) + "\r\n";
  auto post = "POST " + secret_address + " HTTP/1.1\r\nHost: x\r\n";
  return {
      {post + length + "Content-Length: 5\r\n\r\n" + body, 400},
      {post + "Content-Length: 5\r\n" + length + "\r\n" + body, 400},
      {post + length + "Transfer-Encoding: chunked\r\n\r\n" + chunk(body) + "0\r\n\r\n", 400},
      {chunked + length + "\r\n" + chunk(body) + "0\r\n\r\n", 400},
      {chunked + "\r\n" + chunk(body) + "0\r\nContent-Length: 5\r\n\r\n", 400},
      {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(body) + "0\r\n\r\n",
       400},
      {post + "Transfer-Encoding: gzip, chunked\r\n\r\n" + chunk(body) + "0\r\n\r\n", 501},
      {post + "Transfer-Encoding: identity\r\n" + length + "\r\n" + body, 501},
      {post + "Transfer-Encoding : chunked\r\n\r\n" + chunk(body) + "0\r\n\r\n", 400},
      {"POST " + secret_address + " HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(body) +
           "0\r\n\r\n",
       400},
      {post + "Content-Length: +5\r\n\r\n" + body, 400},
      {post + "Content-Length: 1\r\n 0\r\n\r\n" + body, 400},
      {chunked + "\r\n-1\r\n" + body + "\r\n0\r\n\r\n", 400},
      {chunked + "\r\nzz\r\n" + body, 400},
      {chunked + "\r\n1;" + std::string(100'000, 'x'), 400},
      {chunked + "\r\n3\r\nabcdef\r\n0\r\n\r\n", 400},
      {chunked + "\r\n1ffffffffffffffff\r\n" + body, 400},
      {post + "X: a\0b\r\n"s + length + "\r\n" + body, 400},
      {post + "X: a\rb\r\n" + length + "\r\n" + body, 400},
      {post + "X\r\n" + length + "\r\n" + body, 400},
      {"POST /webhooks/maystro/a\0b HTTP/1.1\r\nHost: x\r\n"s + length + "\r\n" + body, 400},
      {"POST " + secret_address + " HTTP/2.0\r\n" + length + "\r\n" + body, 400},
      {"POST " + secret_address + "\r\n\r\n", 400},
      {post + "X: " + std::string(17 * 1024, 'x') + "\r\n" + length + "\r\n" + body, 431},
      {"POST /" + std::string(17 * 1024, 'x') + " HTTP/1.1\r\n\r\n", 431}};
}

} // namespace

TEST_CASE("a body of the limit passes and one byte more is 413, declared or chunked") {
  webhook_sender r({{"SUIVI_RECEIVER_MAX_BODY", "1000B"}});
  for (std::size_t size : {999, 1000, 1001}) {
    CAPTURE(size);
    unsigned expected = size > 1000 ? 413 : 200;
    auto name = std::to_string(size);
    CHECK(r.push(secret_address, padded("D" + name, size)).status == expected);
    auto body = padded("C" + name, size);
    CHECK(r.ask(chunked + "\r\n" + chunk(body) + "0\r\n\r\n").status == expected);
    body = padded("P" + name, size);
    CHECK(r.ask(chunked + "\r\n" + chunk(body.substr(0, 400), ";a=b;c=\"d\"") + chunk(body.substr(400)) +
                "0;last\r\nX-Webhook-Secret: x\r\nX-More: y\r\n\r\n")
              .status == expected);
  }
  CHECK(r.stored() == 6);
  raw_peer large(r.port);
  large.send(chunked + "\r\n7fffffffffffffff\r\n");
  CHECK(large.read().status == 413);
  CHECK(large.closed_by_server());
  auto trailed =
      r.ask("POST /api/webhooks/maystro HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
            chunk(event("T")) + "0\r\nX-Webhook-Secret: example-secret\r\n\r\n");
  CHECK(trailed.status == 401); // what comes after the body is no header
  check_serves(r, "after");
}

TEST_CASE("leave to send is given for what may come and a body over the limit is refused unread") {
  webhook_sender r;
  auto body = event("R1");
  raw_peer peer(r.port);
  auto head = "POST " + secret_address + " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n";
  peer.send(head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  CHECK(peer.read().status == 100);
  peer.send(body);
  CHECK(peer.read().status == 200);
  peer.send(head + "Transfer-Encoding: chunked\r\n\r\n");
  CHECK(peer.read().status == 100);
  peer.send(chunk(event("R2")) + "0\r\n\r\n");
  CHECK(peer.read().status == 200);
  peer.send(head + "Content-Length: 262145\r\n\r\n");
  CHECK(peer.read().status == 413);
  CHECK(peer.closed_by_server());
  CHECK(r.stored() == 2);
}

TEST_CASE("half a webhook is no webhook") {
  webhook_sender r;
  auto body = event("R1");
  auto whole = request("POST", secret_address, body);
  for (bool reset : {false, true})
    for (std::size_t missing :
         {std::size_t(1), body.size() / 2, body.size(), body.size() + 2, whole.size() - 9}) {
      CAPTURE(missing);
      raw_peer peer(r.port);
      peer.send(whole.substr(0, whole.size() - missing));
      if (reset) {
        peer.reset();
      } else {
        peer.finish_sending();
        CHECK(peer.closed_by_server());
      }
    }
  raw_peer peer(r.port);
  peer.send(chunked + "\r\n" + chunk(body)); // the last chunk does not come
  peer.finish_sending();
  CHECK(peer.closed_by_server());
  CHECK(r.stored() == 0);
  check_serves(r, "R1");
}

TEST_CASE("what might be read as two different requests is refused and keeps nothing") {
  webhook_sender r;
  for (const auto& [bytes, status] : read_in_two_ways()) {
    CAPTURE(bytes.substr(0, 300));
    raw_peer peer(r.port);
    peer.send(bytes);
    CHECK(peer.read().status == status);
    CHECK(peer.closed_by_server());
  }
  CHECK(r.stored() == 0);
  check_serves(r, "R1");
}

TEST_CASE("garbage on the port is answered 400 and closed") {
  webhook_sender r;
  for (const auto& garbage : {"\x16\x03\x01\x02\x01\x01\x01\xfc\x03\x03\x0d\x0a\x0d\x0a"s,
                              "\0\0\0\0\r\n\r\n"s, "SSH-2.0-OpenSSH_9.2\r\n\r\n"s, "\xff\xfe\xfd\r\n\r\n"s,
                              "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"s, std::string(10'000, '\0') + "\r\n\r\n"}) {
    raw_peer peer(r.port);
    peer.send(garbage);
    CHECK(peer.read().status == 400);
    CHECK(peer.closed_by_server());
  }
  check_serves(r, "R1");
}

TEST_CASE("slow senders are cut off while others are served") {
  webhook_sender r;
  auto begun = steady_clock::now();
  auto seconds = [&] { return std::chrono::duration<double>(steady_clock::now() - begun).count(); };
  raw_peer mute(r.port), head(r.port), body(r.port);
  head.send("POST " + secret_address + " HTTP/1.1\r\nHost:");
  body.send(request("POST", secret_address, event("slow")).substr(0, 150));
  check_serves(r, "R1");
  CHECK(mute.closed_by_server());
  CHECK(head.closed_by_server());
  auto first = seconds();
  CHECK(first > 9); // 10 s for a head, 20 s for a body
  CHECK(body.closed_by_server());
  CHECK(seconds() > 19);
  CHECK_FALSE(r.holds("slow"));
  check_serves(r, "R2");
}

TEST_CASE("connections over the limit wait for one to end") {
  webhook_sender r({{"SUIVI_RECEIVER_MAX_CONNECTIONS", "3"}});
  std::vector<std::unique_ptr<raw_peer>> peers;
  for (int n = 0; n < 40; ++n) peers.push_back(std::make_unique<raw_peer>(r.port));
  for (int n = 0; n < 40; ++n)
    peers[static_cast<std::size_t>(n)]->send(request("POST", secret_address, event("R" + std::to_string(n))));
  for (int n = 0; n < 3; ++n) CHECK(peers[static_cast<std::size_t>(n)]->read().status == 200);
  peers[0]->send(request("POST", secret_address, event("more")));
  CHECK(peers[0]->read().status == 200);
  CHECK(r.stored() == 4); // the others' webhooks are still in the kernel
  for (auto& peer : peers) {
    if (&peer >= &peers[3]) CHECK(peer->read().status == 200);
    peer.reset();
  }
  CHECK(r.stored() == 41);
}

TEST_CASE("a small limit of open files means fewer connections, said at the start, and the database stays in "
          "reach") {
  webhook_sender r({}, "", {"/usr/bin/prlimit", "--nofile=60:60"});
  CHECK(contains(r.process->log(), R"("files":60,"wanted":10000,"connections":24)"));
  std::vector<std::unique_ptr<raw_peer>> peers;
  for (int n = 0; n < 100; ++n) { // who says nothing gives way to those behind him
    peers.push_back(std::make_unique<raw_peer>(r.port));
    peers.back()->send(request("POST", secret_address, event("R" + std::to_string(n))));
  }
  for (std::size_t n = 0; n < peers.size(); ++n) {
    CHECK(peers[n]->read().status == 200);
    if (n >= 20) peers[n - 20].reset();
  }
  CHECK(r.stored() == 100);
  CHECK_FALSE(contains(r.process->log(), "accepting connections pauses"));
}

TEST_CASE(
    "without any descriptor left accepting pauses, who is connected is served, and then everybody is again") {
  webhook_sender r;
  check_serves(r, "R0");
  raw_peer connected(r.port);
  connected.send(request("GET", "/healthz"));
  CHECK(connected.read().status == 200);
  rlimit before{}, few{};
  REQUIRE(prlimit(r.process->id(), RLIMIT_NOFILE, nullptr, &before) == 0);
  few = before;
  few.rlim_cur = static_cast<rlim_t>(open_files(r.process->id())) + 2;
  REQUIRE(prlimit(r.process->id(), RLIMIT_NOFILE, &few, nullptr) == 0);
  std::vector<std::unique_ptr<raw_peer>> peers;
  for (int n = 1; n <= 20; ++n) {
    peers.push_back(std::make_unique<raw_peer>(r.port));
    peers.back()->send(request("POST", secret_address, event("R" + std::to_string(n))));
  }
  wait_until("a pause", [&] { return contains(r.process->log(), "accepting connections pauses"); });
  connected.send(request("POST", secret_address, event("more")));
  auto kept = connected.read().status;
  CHECK((kept == 200 || kept == 202));
  REQUIRE(prlimit(r.process->id(), RLIMIT_NOFILE, &before, nullptr) == 0);
  for (auto& peer : peers) {
    auto status = peer->read().status;
    CHECK((status == 200 || status == 202));
  }
  wait_until("every event", [&] { return r.stored() == 22; });
  CHECK(r.process->runs());
}

TEST_CASE("bodies that take all the room there is are refused for now, and the log says it") {
  constexpr std::size_t body_bytes = 16 << 20; // a quarter of the room
  webhook_sender r({{"SUIVI_RECEIVER_MAX_BODY", "16MiB"}});
  const std::string most_of_it(body_bytes - 1, 'x');
  std::vector<std::unique_ptr<raw_peer>> senders;
  for (int n = 0; n < 6; ++n) {
    senders.push_back(std::make_unique<raw_peer>(r.port));
    senders.back()->send("POST " + secret_address + " HTTP/1.1\r\nHost: x\r\nContent-Length: " +
                         std::to_string(body_bytes) + "\r\n\r\n");
    senders.back()->send(most_of_it);
  }
  wait_until("the line", [&] {
    return contains(r.process->log(), "the bodies of requests under way take all the room there is");
  });
  int refused = 0;
  for (auto& each : senders) {
    each->send("x");
    refused += each->read().status == 503 ? 1 : 0;
  }
  CHECK(refused >= 2);
  CHECK(refused < 6);
  // Stored at once, or spooled behind so many bytes and stored then.
  CHECK(r.push(secret_address, event("R1")).status / 100 == 2);
  wait_until("the webhook",
             [&] { return r.db().number("select count(*) from suivi.inbox where reference = 'R1'") == 1; });
}

TEST_CASE("who has shown no right sends no more than a token, and nothing where nobody reads it") {
  webhook_sender r({{"SUIVI_ADMIN_TOKEN", "example-token"}});
  auto head_only = [&](const std::string& target, std::size_t length, const std::string& more = "") {
    raw_peer peer(r.port);
    peer.send("POST " + target + " HTTP/1.1\r\nHost: x\r\n" + more +
              "Content-Length: " + std::to_string(length) + "\r\n\r\n");
    if (length <= 20'000) peer.send(std::string(length, 'x'));
    return peer.read().status;
  };
  CHECK(head_only("/api/v1/webhooks/replay", 200'000) == 401); // nothing of the body was sent
  CHECK(head_only("/api/v1/webhooks/events/delete", 200'000, "Authorization: Bearer wrong\r\n") == 401);
  CHECK(head_only("/api/v1/session", 8 * 1024) == 400);
  CHECK(head_only("/api/v1/session", 8 * 1024 + 1) == 413);
  CHECK(head_only("/", 20'000) == 413);
  CHECK(head_only("/api/v1/webhooks/replay", 20'000, "Authorization: Bearer example-token\r\n") == 400);
}
