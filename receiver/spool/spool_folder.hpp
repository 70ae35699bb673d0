// The folder of a spool and the files in it by their names: made, synced, locked, moved aside. Blocking.
//
// A process that makes, replaces or moves a file holds the folder's lock, so that two never move one file
// twice; ordinary work takes none. Errors are "spool:folder", "spool:locked" and "spool:disk".
#pragma once

#include "common/base/error.hpp"
#include "receiver/spool/descriptor.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace suivi::receiver {

struct file_id {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const file_id&) const = default;
};
// Which file has that name now; a link is a file of its own.
[[nodiscard]] std::optional<file_id> named_file(const std::string& path);

[[nodiscard]] error system_error(std::string_view operation); // as errno says

// Webhooks hold customers' names and phones: the folder and what is in it are the receiver's alone.
[[nodiscard]] result<void> make_folder(const std::string& folder);
// Held until the descriptor is closed; waits for moments.
[[nodiscard]] result<descriptor> lock_folder(const std::string& folder);
// The names in it, and its own, survive a power cut from now on.
[[nodiscard]] result<void> sync_names(const std::string& folder);

// Empty, where there is none. Never opens one that is there: closing it would drop the locks that SQLite
// holds on it in this process.
[[nodiscard]] result<void> make_file(const std::string& path);
// Where a file was cut off to nothing its log may hold all of it, and SQLite would delete that: the file gets
// one page of zeros, behind which SQLite looks into the log. True if that was so.
[[nodiscard]] result<bool> keep_log_of_emptied(const std::string& path);
// The log of a file that is elsewhere: beside another one SQLite would delete it, with the webhooks in it, or
// write both files' pages into it.
void put_log_aside(const std::string& path);
// The index of the log grows by as much at a time (SQLite's "WAL-Index Format").
inline constexpr std::uintmax_t wal_index_unit_bytes = 32'768;
// SQLite maps the index of the log into memory, and touching what was cut off ends the process. Of its former
// size again it is all zeros, and SQLite makes it anew. `bytes`: the largest that it was.
void keep_index_whole(const std::string& path, std::uintmax_t& bytes);
// A free name beside it that ends in `.corrupt-<time>`.
[[nodiscard]] std::string name_aside(const std::string& path);
// The file and its log.
[[nodiscard]] result<void> move_aside(const std::string& path, const std::string& target);

// Of the folder's disk, for `coming_bytes` into that file and what is needed to empty it again.
[[nodiscard]] result<void> check_room(const std::string& folder, const std::string& path,
                                      std::uint64_t coming_bytes);

} // namespace suivi::receiver
