// A folder on a disk of a few megabytes, for tests that fill it. It is a tmpfs in mounts of the calling
// thread's (and the programs it starts afterwards), so that nothing of it is left however the test ends.
// Where the system does not allow that, usually because the tester is not root, it is a folder like any other
// and `why_not` says so.
#pragma once

#include "tests/support/folder.hpp"

#include <cerrno>
#include <cstring>
#include <sched.h>
#include <string>
#include <sys/mount.h>

namespace suivi::test {

class small_disk {
 public:
  explicit small_disk(int megabytes) {
    auto size = "size=" + std::to_string(megabytes) + "m";
    bool mounted = ::unshare(CLONE_NEWNS) == 0 &&
                   ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                   ::mount("tmpfs", path().c_str(), "tmpfs", 0, size.c_str()) == 0;
    if (!mounted) why_not_ = std::strerror(errno);
  }
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;
  ~small_disk() {
    if (why_not_.empty()) ::umount2(path().c_str(), MNT_DETACH);
  }
  [[nodiscard]] const std::string& path() const { return folder_.path(); }
  [[nodiscard]] const std::string& why_not() const { return why_not_; } // "": it is small

 private:
  folder folder_;
  std::string why_not_;
};

} // namespace suivi::test
