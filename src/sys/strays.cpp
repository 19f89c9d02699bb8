// SPDX-License-Identifier: Apache-2.0
#include "sys/detail/strays.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <set>
#include <string_view>

#include "sys/detail/proc.hpp"

namespace alveus::sys::detail {
namespace {

/// The kernel gives orphans to the first thread.
std::string children_path() {
  const std::string self = std::to_string(::getpid());
  return "/proc/" + self + "/task/" + self + "/children";
}

/// Whether it had ended; then it is gone.
bool collect(pid_t child) { return ::waitpid(child, nullptr, WNOHANG) == child; }

}  // namespace

Strays::Strays(pid_t guard) : guard_(guard), children_file_(::open(children_path().c_str(), O_RDONLY | O_CLOEXEC)) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1UL);
}

Strays::~Strays() {
  if (children_file_ >= 0) ::close(children_file_);
}

std::vector<pid_t> Strays::children() const {
  std::vector<pid_t> numbers;
  std::array<char, 4096> piece{};
  std::string text;
  off_t at = 0;
  ssize_t size = 0;
  while (children_file_ >= 0 && (size = ::pread(children_file_, piece.data(), piece.size(), at)) > 0) {
    text.append(piece.data(), static_cast<std::size_t>(size));
    at += size;
    if (static_cast<std::size_t>(size) < piece.size()) break;
  }
  const char* const end = text.data() + text.size();
  for (const char* from = text.data(); from < end;) {
    pid_t number = 0;
    const auto [next, failure] = std::from_chars(from, end, number);
    if (failure == std::errc()) numbers.push_back(number);
    from = next + 1;
  }
  return numbers;
}

pid_t Strays::owner_of(pid_t orphan, const EachOwner& running) const {
  const auto facts = facts_of(orphan);
  if (!facts) return 0;
  pid_t owner = 0;
  running([&](const Owner& job) {
    const bool is_of_group = facts->group == job.leader;
    if (is_of_group || (!job.folder->empty() && works_below(orphan, job.folder->c_str()))) owner = job.leader;
    return owner != 0;
  });
  // One that ended before anybody could ask: only orphans of jobs have a session that is not ours.
  if (owner == 0 && !facts->is_alive() && facts->session != ::getsid(0)) collect(orphan);
  return owner;
}

bool Strays::any_of(pid_t leader, const EachOwner& running) {
  const auto now = children();
  if (now.size() == (now.empty() || now.front() != guard_ ? 0 : 1)) {
    orphans_.clear();
    return false;
  }
  bool found = false;
  std::unordered_map<pid_t, pid_t> still_there;
  for (const pid_t child : now) {
    if (child == guard_) continue;
    bool is_leader = false;
    running([&](const Owner& job) { return is_leader = job.leader == child; });
    if (is_leader) continue;
    const auto known = orphans_.find(child);
    const pid_t owner = known != orphans_.end() ? known->second : owner_of(child, running);
    if (owner != 0 && collect(child)) continue;
    found = found || owner == leader;
    still_there.emplace(child, owner);
  }
  orphans_ = std::move(still_there);
  return found;
}

std::vector<std::string> Strays::end_all_of(pid_t leader, const std::filesystem::path& folder) {
  constexpr int kLooksMax = 200;
  constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 1'000'000};
  std::set<pid_t> seen;
  std::vector<std::string> names;
  bool found = true;
  for (int look = 0; found && look < kLooksMax; ++look) {
    found = false;
    ProcessWalk walk;
    while (const pid_t number = walk.next()) {
      if (number == leader || number == guard_ || number == ::getpid()) continue;
      const auto process = facts_of(number);
      if (!process) continue;
      const bool is_of_job = process->group == leader || seen.contains(number) ||
                             (!folder.empty() && process->is_alive() && works_below(number, folder.c_str()));
      if (!is_of_job) continue;
      if (process->parent == ::getpid() && collect(number)) continue;
      if (!process->is_alive()) continue;
      found = true;
      if (seen.insert(number).second) names.emplace_back(process->name.data());
      kill_exactly(*process);
    }
    if (found) ::nanosleep(&kPause, nullptr);
  }
  return names;
}

}  // namespace alveus::sys::detail
