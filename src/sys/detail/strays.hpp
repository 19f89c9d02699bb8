// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace alveus::sys::detail {

/// Finds and ends what a job leaves behind: children in its group, and those that left the group and the session. This
/// program adopts every orphan below it (PR_SET_CHILD_SUBREAPER), so one look at the list of its children, half a
/// microsecond, tells whether there is anything to look for. Used under its owner's lock.
class Strays {
 public:
  /// A job that runs, to which an adopted process may belong.
  struct Owner {
    pid_t leader = 0;
    const std::filesystem::path* folder = nullptr;
  };
  /// Calls the visitor for each job that runs until it returns true.
  using EachOwner = std::function<void(const std::function<bool(const Owner&)>&)>;

  /// From here on this program is the parent of orphans below it. `guard` is a child that is none.
  explicit Strays(pid_t guard);
  ~Strays();
  Strays(const Strays&) = delete;
  Strays& operator=(const Strays&) = delete;

  /// False on a kernel without the list (CONFIG_PROC_CHILDREN): then nothing is ever found.
  bool can_look() const { return children_file_ >= 0; }
  /// Whether the job that has just ended may have left something. Cheap when there are no orphans. Collects orphans
  /// that have ended.
  bool any_of(pid_t leader, const EachOwner& running);
  /// Kills what is left of the job, waits for the end of it, and returns the names of the programs, one each. The
  /// leader's number must still be taken (it is a zombie or a member of its group lives).
  std::vector<std::string> end_all_of(pid_t leader, const std::filesystem::path& folder);

 private:
  std::vector<pid_t> children() const;
  pid_t owner_of(pid_t orphan, const EachOwner& running) const;

  pid_t guard_;
  int children_file_;
  std::unordered_map<pid_t, pid_t> orphans_;  ///< adopted, and the leader of the job; 0: none that we know
};

}  // namespace alveus::sys::detail
