// The names that programs started from here on can look up, in mounts of the calling thread's: a file of
// known ones in the place of /etc/hosts, and a name server that is silent about all others. Nothing of it is
// left however the test ends. Where the system does not allow that, usually because the tester is not root,
// `why_not` says so.
#pragma once

#include "tests/support/folder.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <netinet/in.h>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

namespace suivi::test {

class own_names {
 public:
  own_names() : silent_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_port = htons(53);
    // Any address of the loopback that no name server of the machine has.
    ::inet_pton(AF_INET, ("127.53." + std::to_string(::getpid() % 250 + 1) + ".53").c_str(), &here.sin_addr);
    char address[INET_ADDRSTRLEN] = "";
    ::inet_ntop(AF_INET, &here.sin_addr, address, sizeof address);
    std::ofstream(file("resolv.conf")) << "nameserver " << address << "\n";
    forget_all();
    bool mounted = ::bind(silent_, reinterpret_cast<sockaddr*>(&here), sizeof here) == 0 &&
                   ::unshare(CLONE_NEWNS) == 0 &&
                   ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                   ::mount(file("resolv.conf").c_str(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr) == 0 &&
                   ::mount(file("hosts").c_str(), "/etc/hosts", nullptr, MS_BIND, nullptr) == 0;
    if (!mounted) why_not_ = std::strerror(errno);
  }
  own_names(const own_names&) = delete;
  own_names& operator=(const own_names&) = delete;
  ~own_names() {
    if (why_not_.empty()) {
      ::umount2("/etc/hosts", MNT_DETACH);
      ::umount2("/etc/resolv.conf", MNT_DETACH);
    }
    ::close(silent_);
  }

  void know(const std::string& name) {
    std::ofstream(file("hosts")) << "127.0.0.1 localhost\n127.0.0.1 " << name << "\n";
  }
  void forget_all() { std::ofstream(file("hosts")) << "127.0.0.1 localhost\n"; }
  [[nodiscard]] const std::string& why_not() const { return why_not_; } // "": they are in force

 private:
  [[nodiscard]] std::string file(const std::string& name) const { return folder_.path() + "/" + name; }

  folder folder_;
  int silent_;
  std::string why_not_;
};

} // namespace suivi::test
