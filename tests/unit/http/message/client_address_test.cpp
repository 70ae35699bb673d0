// Whose request it is, in tables.
#include "common/http/message/client_address.hpp"

#include <doctest/doctest.h>

using namespace suivi;

namespace {

ip_address at(const std::string& text) {
  return boost::asio::ip::make_address(text);
}

bool within(const std::string& one, const std::string& of) {
  auto n = parse_network(of);
  REQUIRE(n);
  return is_within(at(one), {*n});
}

// "" where nobody knows.
std::string client(const std::string& peer, std::vector<std::string> forwarded_for,
                   std::vector<std::string> trusted) {
  http::header_list headers{{"Host", "shop.example"}};
  for (auto& value : forwarded_for) headers.emplace_back("x-forwarded-for", value);
  auto found = client_address(at(peer), headers, parse_networks(trusted));
  return found ? found->to_string() : "";
}

struct forwarded {
  std::string peer;
  std::vector<std::string> forwarded_for, trusted;
  std::string expected;
};
const std::vector<std::string> none, proxies{"10.0.0.0/8", "::1", "127.0.0.0/8"};
const std::vector<forwarded> forwarded_requests{
    // nobody is trusted, or not this peer
    {"203.0.113.9", {}, none, "203.0.113.9"},
    {"203.0.113.9", {"10.0.0.1"}, none, "203.0.113.9"},
    {"203.0.113.9", {"10.0.0.1"}, proxies, "203.0.113.9"},
    {"::ffff:203.0.113.9", {"10.0.0.1"}, proxies, "203.0.113.9"},
    // one proxy
    {"10.0.0.1", {"203.0.113.9"}, proxies, "203.0.113.9"},
    {"::ffff:10.0.0.1", {"203.0.113.9"}, proxies, "203.0.113.9"},
    {"::1", {"2001:db8::7"}, proxies, "2001:db8::7"},
    {"127.0.0.1", {"192.168.1.1, 203.0.113.9"}, proxies, "203.0.113.9"}, // the left one is made up
    {"127.0.0.1", {"127.0.0.1, 203.0.113.9"}, proxies, "203.0.113.9"},
    // two proxies, in one line or in two
    {"10.0.0.1", {"203.0.113.9, 10.0.0.2"}, proxies, "203.0.113.9"},
    {"10.0.0.1", {"203.0.113.9", "10.0.0.2"}, proxies, "203.0.113.9"},
    {"10.0.0.1", {"192.0.2.1, 203.0.113.9 ,\t10.0.0.2"}, proxies, "203.0.113.9"},
    {"10.0.0.1", {"203.0.113.9, 172.16.0.2"}, proxies, "172.16.0.2"}, // the second one is not trusted
    // proxies that ask themselves
    {"10.0.0.1", {}, proxies, "10.0.0.1"},
    {"10.0.0.1", {"", " , ,"}, proxies, "10.0.0.1"},
    {"10.0.0.1", {"10.0.0.3, 10.0.0.2"}, proxies, "10.0.0.3"},
    // as proxies write it
    {"10.0.0.1", {"203.0.113.9:4711"}, proxies, "203.0.113.9"},
    {"10.0.0.1", {"[2001:db8::7]:4711"}, proxies, "2001:db8::7"},
    {"10.0.0.1", {"[2001:db8::7]"}, proxies, "2001:db8::7"},
    {"10.0.0.1", {"::ffff:203.0.113.9"}, proxies, "203.0.113.9"},
    {"10.0.0.1", {"203.0.113.9,,"}, proxies, "203.0.113.9"},
    // nobody knows
    {"10.0.0.1", {"unknown"}, proxies, ""},
    {"10.0.0.1", {"203.0.113.9, _hidden"}, proxies, ""},
    {"10.0.0.1", {"203.0.113.9, garbage, 10.0.0.2"}, proxies, ""},
    {"10.0.0.1", {"garbage, 203.0.113.9"}, proxies, "203.0.113.9"}, // never looked at
    {"10.0.0.1", {"203.0.113.9:x"}, proxies, ""},
    {"10.0.0.1", {"203.0.113.9:70000"}, proxies, ""},
    {"10.0.0.1", {"[203.0.113.9]"}, proxies, ""},
    {"10.0.0.1", {"[2001:db8::7"}, proxies, ""},
    {"10.0.0.1", {"[2001:db8::7]4711"}, proxies, ""},
    {"10.0.0.1", {"203.0.113"}, proxies, ""},
    {"10.0.0.1", {"203.0.113.9 10.0.0.2"}, proxies, ""},
    // everybody is trusted
    {"203.0.113.1", {"203.0.113.9, 203.0.113.8"}, {"0.0.0.0/0"}, "203.0.113.9"},
};

} // namespace

TEST_CASE("a network holds what shares its prefix") {
  struct row {
    std::string one, of;
    bool inside;
  };
  for (const auto& [one, of, inside] : {
           row{"10.0.0.0", "10.0.0.0/8", true},
           row{"10.255.255.255", "10.0.0.0/8", true},
           row{"11.0.0.0", "10.0.0.0/8", false},
           row{"10.1.2.3", "10.9.9.9/8", true}, // bits beyond the prefix are dropped
           row{"192.0.2.7", "192.0.2.7/32", true},
           row{"192.0.2.6", "192.0.2.7/32", false},
           row{"192.0.2.7", "192.0.2.7", true},
           row{"192.0.2.129", "192.0.2.128/25", true},
           row{"192.0.2.127", "192.0.2.128/25", false},
           row{"172.31.255.255", "172.16.0.0/12", true},
           row{"172.32.0.0", "172.16.0.0/12", false},
           row{"203.0.113.9", "0.0.0.0/0", true},
           row{"2001:db8::1", "0.0.0.0/0", false},
           row{"2001:db8:ffff::1", "2001:db8::/32", true},
           row{"2001:db9::1", "2001:db8::/32", false},
           row{"2001:db8::1", "2001:db8::1/128", true},
           row{"2001:db8::2", "2001:db8::1", false},
           row{"2001:db8::7", "2001:db8::/125", true},
           row{"2001:db8::8", "2001:db8::/125", false},
           row{"2001:db8::1", "::/0", true},
           row{"192.0.2.7", "::/0", false},
           row{"::ffff:10.1.2.3", "10.0.0.0/8", true},
           row{"10.1.2.3", "::ffff:10.0.0.0/104", true},
           row{"11.1.2.3", "::ffff:10.0.0.0/104", false},
           row{"::ffff:192.0.2.7", "::ffff:192.0.2.7", true},
       }) {
    CAPTURE(one);
    CAPTURE(of);
    CHECK(within(one, of) == inside);
  }
  CHECK_FALSE(is_within(at("10.0.0.1"), {}));
}

TEST_CASE("what is no network is none") {
  for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0/8",
                           "example", "2001:db8::/129", "10.0.0.0/8/8"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_network(text));
  }
}

TEST_CASE("a client's own word counts only as far as trusted proxies wrote it") {
  for (const auto& [peer, forwarded_for, trusted, expected] : forwarded_requests) {
    CAPTURE(peer);
    for (const auto& value : forwarded_for) CAPTURE(value);
    CHECK(client(peer, forwarded_for, trusted) == expected);
  }
}

TEST_CASE("private are loopback, link-local and private addresses only") {
  for (const char* a : {"127.0.0.1", "10.2.3.4", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.1.1",
                        "::1", "fd00::1", "fe80::1", "::ffff:10.0.0.1"})
    CHECK(is_private(at(a)));
  for (const char* a :
       {"8.8.8.8", "172.32.0.1", "172.15.0.1", "192.169.0.1", "2001:db8::1", "::ffff:8.8.8.8", "0.0.0.0"})
    CHECK_FALSE(is_private(at(a)));
}
