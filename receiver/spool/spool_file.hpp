// Webhooks on disk: an SQLite file `spool.db` in a folder, in write-ahead-log mode with synchronous=FULL, so
// that what was appended survives a kill and a power cut. Blocking: see spool.hpp for the face that is not.
//
// Opens itself at its first use and again after a failure; makes the folder. Several processes may use one
// folder. A file that is damaged, or not of this kind, is moved aside within the folder under a name that
// ends in
// `.corrupt-<time>` (an error in the log names it), what can still be read of it is carried over, and work
// goes on in a new one. A file that was moved, deleted or replaced under our hands, or whose log was, is
// noticed: nothing counts as kept in it from then on, a moved one is whole where it is, and what was in a
// deleted one is carried over. So is what can be read of one that was cut off or written over.
#pragma once

#include "common/base/time.hpp"
#include "receiver/spool/descriptor.hpp"
#include "receiver/spool/spool_folder.hpp"
#include "receiver/spool/sqlite.hpp"

#include <optional>
#include <span>
#include <vector>

namespace suivi::receiver {

// A webhook as it was received. Ids grow in the order of appending and are never used twice, not even by the
// next file where one was moved or set aside: a new file begins above every id ever given.
struct spooled {
  std::int64_t id = 0;         // given by append()
  std::int64_t generation = 0; // of the file it was read from
  instant received_at{};
  std::optional<std::string> account; // as the address named it
  std::string raw;
};

struct spool_depth {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0; // of the webhooks; the file is somewhat larger
  std::optional<instant> oldest;
};

// What one webhook takes of the spool's size.
[[nodiscard]] std::uint64_t spool_cost(const spooled& row);

class spool_file {
 public:
  // `bytes_max`: what all kept webhooks together may cost.
  spool_file(std::string folder, std::uint64_t bytes_max);

  // One transaction, synced. Element n: whether row n found room; the others are not kept.
  result<std::vector<bool>> append(std::span<const spooled> rows);
  // The oldest ones with an id above `after`: at most `rows`, and no more after `bytes` are reached.
  result<std::vector<spooled>> read(std::int64_t after, std::size_t rows, std::uint64_t bytes);
  // One transaction. Those that are not there are not missed. Nothing where the file is another than that of
  // `generation` by now: its rows are other webhooks.
  result<void> remove(std::int64_t generation, std::span<const std::int64_t> ids);
  // Other processes' work included.
  result<spool_depth> depth();
  // An error where the disk has no room for `coming_bytes` of webhooks, beside what is needed to empty the
  // spool again.
  [[nodiscard]] result<void> check_disk(std::uint64_t coming_bytes = 0) const;

 private:
  template <class Operation>
  auto attempt(Operation operation) -> decltype(operation());
  result<void> make_ready();
  result<void> open();
  result<void> replace(const error& why);
  result<void> replace_under_lock(const error& why);
  std::size_t carry_over(const std::string& from);
  result<void> replace_overwritten();
  [[nodiscard]] bool still_named() const;
  [[nodiscard]] bool is_ours() const;
  void leave();
  void carry_over_deleted();
  result<void> recount_if_changed();
  result<void> rewind_if_empty();
  result<void> free_space(std::span<const spooled> rows);
  void shorten_log();

  result<std::vector<bool>> append_now(std::span<const spooled> rows);
  result<std::vector<spooled>> read_now(std::int64_t after, std::size_t rows, std::uint64_t bytes);
  result<void> remove_now(std::int64_t generation, std::span<const std::int64_t> ids);
  result<void> give_origin(bool took_place);
  result<std::int64_t> generation_now();

  std::string folder_;
  std::string path_;
  std::uint64_t bytes_max_;
  std::optional<sqlite> db_;
  std::optional<sqlite> deleted_;     // open still, and to be carried over
  std::optional<sqlite> overwritten_; // likewise
  descriptor handle_;                 // of the open file, whatever its name is
  file_id opened_;
  std::optional<file_id> log_;                        // of the open file
  std::uintmax_t index_bytes_ = wal_index_unit_bytes; // of the open file's log
  file_id checked_;                                   // read through once, at its first opening
  std::int64_t known_version_ = -1; // PRAGMA data_version: changes with other processes' commits
  spool_depth depth_;               // `oldest` is looked up
  std::int64_t last_id_ = 0;        // the highest that was seen in any file
};

} // namespace suivi::receiver
