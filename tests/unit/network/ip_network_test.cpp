// Which texts are ranges of addresses, what lies in them, and which addresses are private.
#include "common/network/ip_network.hpp"

#include <doctest/doctest.h>

using namespace suivi;

namespace {

bool lies_in(const char* address, const char* range) {
  return is_within(*parse_ip_address(address), parse_networks({range}));
}

} // namespace

TEST_CASE("a range is an address with or without the length of its prefix") {
  for (const char* text :
       {"10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::1", "0.0.0.0/0", "::ffff:10.0.0.0/104"}) {
    CAPTURE(text);
    CHECK(parse_network(text));
  }
  for (const char* text : {"", "10.0.0/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8 ", "::/129",
                           "host", "fe80::1%lo", "fe80::%1/64"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_network(text));
  }
}

TEST_CASE("an address lies in a range when the bits of the prefix are the same") {
  CHECK(lies_in("10.255.0.1", "10.0.0.0/8"));
  CHECK_FALSE(lies_in("11.0.0.1", "10.0.0.0/8"));
  CHECK(lies_in("192.0.2.130", "192.0.2.129/25"));
  CHECK_FALSE(lies_in("192.0.2.127", "192.0.2.129/25"));
  CHECK(lies_in("2001:db8:1::1", "2001:db8::/32"));
  CHECK_FALSE(lies_in("2001:db9::1", "2001:db8::/32"));
  CHECK_FALSE(lies_in("10.0.0.1", "::/0"));
}

TEST_CASE("an IPv4 address within IPv6 is the IPv4 address, in ranges as well") {
  CHECK(lies_in("::ffff:10.1.2.3", "10.0.0.0/8"));
  CHECK(lies_in("10.1.2.3", "::ffff:10.0.0.0/104"));
}

TEST_CASE("loopback, link-local and private addresses are private, others are not") {
  for (const char* text : {"127.0.0.1", "10.1.1.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
                           "169.254.1.1", "::1", "fe80::1", "fc00::1", "fd12::1", "::ffff:10.0.0.1"}) {
    CAPTURE(text);
    CHECK(is_private(*parse_ip_address(text)));
  }
  for (const char* text :
       {"172.32.0.1", "172.15.0.1", "192.169.0.1", "8.8.8.8", "2001:db8::1", "::ffff:8.8.8.8"}) {
    CAPTURE(text);
    CHECK_FALSE(is_private(*parse_ip_address(text)));
  }
}
