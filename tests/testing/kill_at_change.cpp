// SPDX-License-Identifier: Apache-2.0
// To be preloaded (LD_PRELOAD): ends the process with SIGKILL at its n-th change of the disk, so that a test can kill a
// program at each of them in turn. Controlled by the environment:
//   KILL_AT         n, counted from 1; without it nothing happens
//   KILL_COUNTS     "journal" (writes to files named journal.db…) or "files" (renames, removals, new directories and
//                   links); of the program alone, not of what it starts
//   KILL_WHEN       "before" the change, "after" it, or "half" (the first half of a write is done)
//   KILL_LOG        a file that takes one byte for each change, to count them
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

std::string_view setting(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

enum class Moment { kNever, kBefore, kHalf, kAfter };

/// Counts a change and says whether it is the one.
Moment moment_of_change(std::string_view kind) {
  static std::atomic<long> count{0};
  static const pid_t program = ::getpid();
  if (setting("KILL_COUNTS") != kind || ::getpid() != program) return Moment::kNever;
  const long number = ++count;
  if (const auto log = setting("KILL_LOG"); !log.empty()) {
    const int descriptor = ::open(log.data(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    static_cast<void>(!::write(descriptor, "x", 1));
    ::close(descriptor);
  }
  const auto wanted = setting("KILL_AT");
  if (wanted.empty() || std::strtol(wanted.data(), nullptr, 10) != number) return Moment::kNever;
  const auto when = setting("KILL_WHEN");
  return when == "after" ? Moment::kAfter : when == "half" ? Moment::kHalf : Moment::kBefore;
}

void die() {
  ::kill(::getpid(), SIGKILL);
  while (true) ::pause();
}

template <typename Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

template <typename Call>
auto change(std::string_view kind, Call call) {
  const Moment moment = moment_of_change(kind);
  if (moment == Moment::kBefore || moment == Moment::kHalf) die();
  const auto result = call();
  if (moment == Moment::kAfter) die();
  return result;
}

bool is_journal(int descriptor) {
  char link[64];
  char path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t size = ::readlink(link, path, sizeof path);
  return size > 0 &&
         std::string_view(path, static_cast<std::size_t>(size)).find("/journal.db") != std::string_view::npos;
}

}  // namespace

extern "C" {

ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t offset) {
  static const auto next = real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  if (!is_journal(descriptor)) return next(descriptor, bytes, size, offset);
  const Moment moment = moment_of_change("journal");
  if (moment == Moment::kHalf) next(descriptor, bytes, size / 2, offset);
  if (moment == Moment::kHalf || moment == Moment::kBefore) die();
  const ssize_t written = next(descriptor, bytes, size, offset);
  if (moment == Moment::kAfter) die();
  return written;
}

int rename(const char* from, const char* to) {
  static const auto next = real<int (*)(const char*, const char*)>("rename");
  return change("files", [&] { return next(from, to); });
}

int renameat2(int from_directory, const char* from, int to_directory, const char* to, unsigned flags) {
  static const auto next = real<int (*)(int, const char*, int, const char*, unsigned)>("renameat2");
  return change("files", [&] { return next(from_directory, from, to_directory, to, flags); });
}

int unlink(const char* path) {
  static const auto next = real<int (*)(const char*)>("unlink");
  return change("files", [&] { return next(path); });
}

int unlinkat(int directory, const char* path, int flags) {
  static const auto next = real<int (*)(int, const char*, int)>("unlinkat");
  return change("files", [&] { return next(directory, path, flags); });
}

int mkdir(const char* path, mode_t mode) {
  static const auto next = real<int (*)(const char*, mode_t)>("mkdir");
  return change("files", [&] { return next(path, mode); });
}

int mkdirat(int directory, const char* path, mode_t mode) {
  static const auto next = real<int (*)(int, const char*, mode_t)>("mkdirat");
  return change("files", [&] { return next(directory, path, mode); });
}

int symlink(const char* target, const char* path) {
  static const auto next = real<int (*)(const char*, const char*)>("symlink");
  return change("files", [&] { return next(target, path); });
}

}  // extern "C"
