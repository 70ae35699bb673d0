// POSIX calls, and what they say when they fail.
#include "receiver/spool/spool_folder.hpp"

#include "common/base/time.hpp"
#include "common/log/log.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace suivi::receiver {
namespace {

namespace fs = std::filesystem;

constexpr milliseconds lock_patience{2'000}; // held for moments
constexpr milliseconds lock_pause{10};
constexpr std::uintmax_t free_bytes_min = 1 << 20;

// A name is durable once its folder is.
result<void> sync_folder(const std::string& folder) {
  descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.good() || ::fsync(opened.fd()) != 0) return system_error(folder);
  return {};
}

// The folder's own name stands in its parent, which may be nobody's to read: then all of the disk is synced.
result<void> sync_name_of_folder(const std::string& folder) {
  std::string parent = fs::path(folder).parent_path().string();
  if (sync_folder(parent.empty() ? "." : parent)) return {};
  descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.good() || ::syncfs(opened.fd()) != 0) return system_error(folder);
  return {};
}

} // namespace

error system_error(std::string_view operation) {
  int number = errno;
  return transient("spool:folder", std::string(operation) + ": " + std::strerror(number));
}

std::optional<file_id> named_file(const std::string& path) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) return std::nullopt;
  return file_id{found.st_dev, found.st_ino};
}

result<void> make_folder(const std::string& folder) {
  std::error_code failed;
  bool made = fs::create_directories(folder, failed);
  if (failed) return transient("spool:folder", folder + ": " + failed.message());
  if (made && ::chmod(folder.c_str(), 0700) != 0) return system_error(folder);
  return {};
}

result<descriptor> lock_folder(const std::string& folder) {
  descriptor lock(::open((folder + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.good()) return system_error("the spool's lock");
  auto give_up = std::chrono::steady_clock::now() + lock_patience;
  while (::flock(lock.fd(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EINTR && errno != EWOULDBLOCK) return system_error("the spool's lock");
    if (std::chrono::steady_clock::now() >= give_up)
      return transient("spool:locked", "another process holds the spool's lock and does not let it go");
    std::this_thread::sleep_for(lock_pause);
  }
  return std::move(lock);
}

result<void> sync_names(const std::string& folder) {
  if (auto synced = sync_folder(folder); !synced) return synced.error();
  return sync_name_of_folder(folder);
}

std::string name_aside(const std::string& path) {
  auto stamp = format_instant(suivi::now());
  std::erase(stamp, ':');
  auto name = path + ".corrupt-" + stamp;
  for (int n = 2; fs::exists(name) || fs::exists(name + "-wal"); ++n)
    name = path + ".corrupt-" + stamp + "-" + std::to_string(n);
  return name;
}

void put_log_aside(const std::string& path) {
  std::error_code no_log;
  auto bytes = fs::file_size(path + "-wal", no_log);
  if (!no_log && bytes > 0) {
    auto aside = name_aside(path) + "-wal";
    bool moved = ::rename((path + "-wal").c_str(), aside.c_str()) == 0;
    log::error(
        "the spool's file is gone and its log is here: it was moved aside; put both together again, as "
        "spool.db and spool.db-wal, for `suivi-receiver spool drain`",
        {{"log", moved ? aside : path + "-wal"}});
  }
  ::unlink((path + "-wal").c_str());
  ::unlink((path + "-shm").c_str());
}

void keep_index_whole(const std::string& path, std::uintmax_t& bytes) {
  std::string index = path + "-shm";
  std::error_code none;
  auto there = fs::file_size(index, none);
  if (none) return;
  if (there < bytes)
    (void)::truncate(index.c_str(), static_cast<off_t>(bytes));
  else
    bytes = there;
}

result<void> make_file(const std::string& path) {
  descriptor made(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!made.good() && errno != EEXIST) return system_error(path);
  if (made.good()) put_log_aside(path);
  return {};
}

result<bool> keep_log_of_emptied(const std::string& path) {
  constexpr off_t page_bytes = 4096;
  struct stat file{}, its_log{};
  bool emptied = ::stat(path.c_str(), &file) == 0 && S_ISREG(file.st_mode) && file.st_size == 0;
  bool has_log = ::stat((path + "-wal").c_str(), &its_log) == 0 && its_log.st_size > 0;
  if (!emptied || !has_log) return false;
  if (::truncate(path.c_str(), page_bytes) != 0) return system_error(path);
  return true;
}

// The log first: a database without its log is whole as of earlier, a log without its database is deleted.
result<void> move_aside(const std::string& path, const std::string& target) {
  for (const char* part : {"-wal", ""}) {
    auto from = path + part;
    if (::rename(from.c_str(), (target + part).c_str()) != 0 && errno != ENOENT) return system_error(from);
  }
  ::unlink((path + "-shm").c_str()); // an index of the log, made anew
  return sync_folder(fs::path(path).parent_path().string());
}

// A spool that has taken the disk's last block could never be emptied again, for removing is written to the
// log, and emptying the log makes the file grow by as much.
result<void> check_room(const std::string& folder, const std::string& path, std::uint64_t coming_bytes) {
  std::error_code failed, no_log;
  auto space = fs::space(folder, failed);
  if (failed) return transient("spool:folder", folder + ": " + failed.message());
  auto log_bytes = fs::file_size(path + "-wal", no_log);
  auto needed = free_bytes_min + (no_log ? 0 : log_bytes) + 2 * coming_bytes;
  if (space.available < needed) return transient("spool:disk", "no room on the spool's disk");
  return {};
}

} // namespace suivi::receiver
