// SPDX-License-Identifier: Apache-2.0
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <ctime>

#include "sys/detail/orphan_guard.hpp"
#include "sys/detail/proc.hpp"
#include "sys/detail/watcher.hpp"
#include "sys/file.hpp"

namespace alveus::sys::detail {
namespace {

using Word = std::atomic<std::uint64_t>;
static_assert(Word::is_always_lock_free, "two processes share them");

constexpr std::size_t kBitsOfWord = 64;
constexpr std::size_t kNumbersMax = std::size_t{1} << 22;  // PID_MAX_LIMIT of 64-bit Linux
constexpr std::size_t kWordCount = kNumbersMax / kBitsOfWord;

}  // namespace

/// Starts as zeros. Pages that nobody touches cost nothing.
struct OrphanLedger {
  Word starts_under_way;
  Word ended_in_order;                  ///< not 0: only watched groups die
  Word started_since;                   ///< clock ticks since the machine booted: when the first of them began
  std::array<Word, kWordCount> groups;  ///< a bit for each number of a process
  std::array<char, PATH_MAX> folder;    ///< what works below it dies too; empty: nothing does
};

namespace {

std::uint64_t bit_of(pid_t group) { return std::uint64_t{1} << (static_cast<std::size_t>(group) % kBitsOfWord); }
std::size_t word_of(pid_t group) { return static_cast<std::size_t>(group) / kBitsOfWord; }

// All that follows runs in the guard, which was forked from a program with threads: only functions that are safe in a
// signal handler.

/// What is known of a process that was being started when its controller died.
struct Newcomer {
  pid_t session = 0;
  pid_t controller = 0;
  std::uint64_t since = 0;  ///< ticks since boot
};

/// The threads of a dying program hand their children on one by one, and its files are closed before the last of them
/// does: without this wait the newcomer might have a new parent already while the guard still has its old one.
void wait_for_own_adoption(pid_t controller) {
  constexpr int kWaitsMax = 10'000;
  constexpr timespec kWait{.tv_sec = 0, .tv_nsec = 1'000'000};
  for (int i = 0; i < kWaitsMax && ::getppid() == controller; ++i) {
    ::nanosleep(&kWait, nullptr);
  }
}

/// Kills the groups that fit. The newcomer holds the life line until all that precedes its execution is done, so it has
/// its group and its working directory by now; as an orphan it has, or will have, the parent that the guard has.
/// `folder` is empty where it says nothing.
void kill_newcomers(const Newcomer& wanted, const char* folder) {
  wait_for_own_adoption(wanted.controller);
  ProcessWalk walk;
  while (const pid_t number = walk.next()) {
    const auto process = facts_of(number);
    if (!process) continue;
    const bool is_orphan = process->parent == wanted.controller || process->parent == ::getppid();
    const bool is_newcomer =
        is_orphan && process->group == number && process->session == wanted.session && process->began >= wanted.since;
    if (is_newcomer && (*folder == '\0' || stands_below(number, folder))) ::kill(-number, SIGKILL);
  }
}

void stand_guard(const OrphanLedger& ledger, int life_line, Newcomer newcomer) {
  while (hears_a_byte(life_line)) {
  }
  // What begins later is a later controller's, which goes on with the run.
  const std::uint64_t died_at = ticks_since_boot();
  for (std::size_t word = 0; word < kWordCount; ++word) {
    const std::uint64_t bits = ledger.groups[word].load();
    for (std::size_t bit = 0; bits != 0 && bit < kBitsOfWord; ++bit) {
      if (((bits >> bit) & 1U) != 0) ::kill(-static_cast<pid_t>(word * kBitsOfWord + bit), SIGKILL);
    }
  }
  const bool was_starting = ledger.starts_under_way.load() > 0;
  const char* const folder = ledger.folder.data();
  newcomer.since = ledger.started_since.load();
  if (*folder == '\0') {
    if (was_starting) kill_newcomers(newcomer, folder);
  } else if (ledger.ended_in_order.load() == 0) {
    kill_all_below(folder, died_at);
    // A newcomer has the controller's environment until it executes: by its place it is found before, by its
    // environment after that.
    if (was_starting) {
      kill_newcomers(newcomer, folder);
      kill_all_below(folder, died_at);
    }
  }
}

}  // namespace

core::Result<std::unique_ptr<OrphanGuard>> OrphanGuard::make(const std::filesystem::path& folder) {
  constexpr std::size_t kBytes = sizeof(OrphanLedger);
  void* memory = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return core::fail(system_error("cannot guard jobs through", "shared memory", errno));
  auto* const ledger = static_cast<OrphanLedger*>(memory);
  folder.native().copy(ledger->folder.data(), ledger->folder.size() - 1);
  const Newcomer newcomer{.session = ::getsid(0), .controller = ::getpid()};
  const auto guard =
      fork_watcher("job-guard", "cannot guard jobs", [&](int life_line) { stand_guard(*ledger, life_line, newcomer); });
  if (!guard) {
    ::munmap(memory, kBytes);
    return core::fail(guard.error());
  }
  return std::unique_ptr<OrphanGuard>(new OrphanGuard(ledger, guard->line, guard->process));
}

OrphanGuard::~OrphanGuard() {
  ledger_->ended_in_order.store(1);
  ::close(life_line_);
  while (::waitpid(guard_, nullptr, 0) < 0 && errno == EINTR) {
  }
  ::munmap(ledger_, sizeof(OrphanLedger));
}

void OrphanGuard::begin_start() {
  const std::uint64_t now = ticks_since_boot();
  if (ledger_->starts_under_way.fetch_add(1) == 0) ledger_->started_since.store(now);
}

void OrphanGuard::end_start() { ledger_->starts_under_way.fetch_sub(1); }

void OrphanGuard::watch(pid_t group) { ledger_->groups[word_of(group)].fetch_or(bit_of(group)); }

void OrphanGuard::release(pid_t group) { ledger_->groups[word_of(group)].fetch_and(~bit_of(group)); }

}  // namespace alveus::sys::detail
