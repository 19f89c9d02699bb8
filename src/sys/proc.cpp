// SPDX-License-Identifier: Apache-2.0
#include "sys/detail/proc.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <string_view>

namespace alveus::sys::detail {
namespace {

/// 0 when the text does not begin with a number.
std::uint64_t number_at(const char* text) {
  std::uint64_t number = 0;
  for (; *text >= '0' && *text <= '9'; ++text) number = number * 10 + static_cast<std::uint64_t>(*text - '0');
  return number;
}

/// "/proc/NUMBER/FILE".
class ProcPath {
 public:
  ProcPath(pid_t process, std::string_view file) {
    append("/proc/");
    std::array<char, 20> digits{};
    std::size_t count = 0;
    for (auto left = static_cast<std::uint64_t>(process); count == 0 || left > 0; left /= 10) {
      digits[count++] = static_cast<char>('0' + left % 10);
    }
    while (count > 0) append({&digits[--count], 1});
    append("/");
    append(file);
  }
  const char* text() const { return text_.data(); }

 private:
  void append(std::string_view piece) {
    const std::size_t room = std::min(piece.size(), text_.size() - 1 - size_);
    std::memcpy(text_.data() + size_, piece.data(), room);
    size_ += room;
  }
  std::array<char, 64> text_{};
  std::size_t size_ = 0;
};

/// The first bytes of a file, as text that ends with a zero; empty on failure.
template <std::size_t kSize>
const char* read_text(const char* path, std::array<char, kSize>& text) {
  text[0] = '\0';
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return text.data();
  const ssize_t size = ::read(file, text.data(), text.size() - 1);
  ::close(file);
  text[size > 0 ? static_cast<std::size_t>(size) : 0] = '\0';
  return text.data();
}

/// Takes an environment byte by byte and says when an entry "TMPDIR=DIRECTORY/…" or "HOME=DIRECTORY/…" passed.
class EntryMatch {
 public:
  explicit EntryMatch(const char* directory) : directory_(directory), length_(std::strlen(directory)) {}

  bool take(char byte) {
    if (byte == '\0') {
      at_ = 0;
      is_candidate_[0] = is_candidate_[1] = true;
      return false;
    }
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      if (!is_candidate_[i]) continue;
      const std::size_t name_size = kNames[i].size();
      if (at_ < name_size) {
        is_candidate_[i] = byte == kNames[i][at_];
      } else if (at_ < name_size + length_) {
        is_candidate_[i] = byte == directory_[at_ - name_size];
      } else {
        is_candidate_[i] = false;
        if (byte == '/') return true;
      }
    }
    ++at_;
    return false;
  }

 private:
  static constexpr std::array<std::string_view, 2> kNames{"TMPDIR=", "HOME="};
  const char* directory_;
  std::size_t length_;
  std::size_t at_ = 0;
  std::array<bool, 2> is_candidate_{true, true};
};

/// The number behind "LABEL: " in the unit of the file, as /proc's tables have it.
std::int64_t labelled(const char* text, const char* label) {
  const char* at = std::strstr(text, label);
  if (at == nullptr) return 0;
  at += std::strlen(label);
  while (*at == ' ' || *at == '\t') ++at;
  return static_cast<std::int64_t>(number_at(at));
}

constexpr std::int64_t kKibi = 1024;

enum class Place { kElsewhere, kBelow, kUnknown };

/// By the environment; unknown for the moment in which the process gets another one.
Place place_of(pid_t process, const char* directory) {
  const int file = ::open(ProcPath(process, "environ").text(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Place::kElsewhere;
  EntryMatch match(directory);
  std::array<char, 4096> piece{};
  bool is_below = false;
  bool is_empty = true;
  ssize_t size = 0;
  while (!is_below && (size = ::read(file, piece.data(), piece.size())) > 0) {
    is_empty = false;
    is_below = std::any_of(piece.data(), piece.data() + size, [&](char byte) { return match.take(byte); });
  }
  ::close(file);
  if (is_below || !is_empty) return is_below ? Place::kBelow : Place::kElsewhere;
  const auto facts = facts_of(process);
  const bool is_between = facts && facts->is_alive() && facts->address_space_bytes > 0 && facts->environment_end == 0;
  return is_between ? Place::kUnknown : Place::kElsewhere;
}

}  // namespace

std::optional<ProcessFacts> facts_of(pid_t process) {
  std::array<char, 1024> text{};
  read_text(ProcPath(process, "stat").text(), text);
  // The second field, the program's name in brackets, may hold anything; the third follows the last bracket.
  const char* const open = std::strchr(text.data(), '(');
  const char* at = std::strrchr(text.data(), ')');
  if (open == nullptr || at == nullptr || at < open) return std::nullopt;
  ProcessFacts facts{.id = process};
  const std::size_t length = std::min(static_cast<std::size_t>(at - open - 1), facts.name.size() - 1);
  std::memcpy(facts.name.data(), open + 1, length);
  for (int field = 2; (at = std::strchr(at, ' ')) != nullptr;) {
    ++at;
    switch (++field) {
      case 3: facts.state = *at; break;
      case 4: facts.parent = static_cast<pid_t>(number_at(at)); break;
      case 5: facts.group = static_cast<pid_t>(number_at(at)); break;
      case 6: facts.session = static_cast<pid_t>(number_at(at)); break;
      case 14:
      case 15: facts.cpu_ticks += number_at(at); break;
      case 16:
      case 17: facts.cpu_ticks_waited += number_at(at); break;
      case 22: facts.began = number_at(at); break;
      case 23: facts.address_space_bytes = number_at(at); break;
      case 24: facts.resident_pages = number_at(at); break;
      case 51: facts.environment_end = number_at(at); return facts;
    }
  }
  return std::nullopt;
}

ProcessWalk::ProcessWalk() : directory_(::open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}

ProcessWalk::~ProcessWalk() {
  if (directory_ >= 0) ::close(directory_);
}

pid_t ProcessWalk::next() {
  while (directory_ >= 0) {
    if (at_ >= size_) {
      size_ = ::syscall(SYS_getdents64, directory_, entries_.data(), entries_.size());
      at_ = 0;
      if (size_ <= 0) return 0;
    }
    // struct linux_dirent64: inode, offset, 8 bytes each; length, 2 bytes; type, 1; name.
    std::uint16_t length = 0;
    std::memcpy(&length, entries_.data() + at_ + 16, sizeof length);
    const std::uint64_t number = number_at(entries_.data() + at_ + 19);
    at_ += length;
    if (number != 0) return static_cast<pid_t>(number);
  }
  return 0;
}

bool works_below(pid_t process, const char* directory) { return place_of(process, directory) == Place::kBelow; }

bool stands_below(pid_t process, const char* directory) {
  std::array<char, PATH_MAX + 1> path{};
  const ssize_t size = ::readlink(ProcPath(process, "cwd").text(), path.data(), path.size() - 1);
  const std::size_t length = std::strlen(directory);
  return size > static_cast<ssize_t>(length) && std::strncmp(path.data(), directory, length) == 0 &&
         path[length] == '/';
}

/// System calls by number: the headers of glibc 2.36 declare the functions without C linkage or not at all.
void kill_exactly(const ProcessFacts& process) {
  const int descriptor = static_cast<int>(::syscall(SYS_pidfd_open, process.id, 0));
  if (descriptor < 0) return;
  const auto there = facts_of(process.id);
  if (there && there->began == process.began) ::syscall(SYS_pidfd_send_signal, descriptor, SIGKILL, nullptr, 0);
  ::close(descriptor);
}

std::uint64_t ticks_since_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  return static_cast<std::uint64_t>(now.tv_sec) * ticks +
         static_cast<std::uint64_t>(now.tv_nsec) * ticks / 1'000'000'000U;
}

void kill_all_below(const char* directory, std::uint64_t began_until) {
  constexpr int kLooksMax = 1000;
  bool found = true;
  for (int look = 0; found && look < kLooksMax; ++look) {
    found = false;
    ProcessWalk walk;
    while (const pid_t process = walk.next()) {
      const Place place = process == ::getpid() ? Place::kElsewhere : place_of(process, directory);
      if (place == Place::kElsewhere) continue;
      const auto facts = facts_of(process);
      if (!facts || !facts->is_alive() || facts->began > began_until) continue;
      found = true;
      if (place == Place::kUnknown) continue;
      // Jobs lead groups of their own. At once: what a member starts between two looks began later than `began_until`.
      if (facts->group > 1 && facts->group != ::getpgrp()) ::kill(-facts->group, SIGKILL);
      kill_exactly(*facts);
    }
    constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 2'000'000};
    if (found) ::nanosleep(&kPause, nullptr);
  }
}

std::int64_t proportional_bytes(pid_t process) {
  std::array<char, 2048> text{};
  return labelled(read_text(ProcPath(process, "smaps_rollup").text(), text), "\nPss:") * kKibi;
}

MachineMemory machine_memory() {
  std::array<char, 4096> text{};
  read_text("/proc/meminfo", text);
  return {.available_bytes = labelled(text.data(), "MemAvailable:") * kKibi,
          .total_bytes = labelled(text.data(), "MemTotal:") * kKibi};
}

}  // namespace alveus::sys::detail
