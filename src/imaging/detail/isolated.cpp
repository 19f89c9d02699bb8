// SPDX-License-Identifier: Apache-2.0
#include "imaging/detail/isolated.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <fstream>
#include <utility>

#include "core/text.hpp"
#include "sys/descriptor.hpp"

namespace alveus::imaging::detail {
namespace {

constexpr int kStatusDone = 0;
constexpr int kStatusRefused = 1;
constexpr int kStatusThrew = 2;
constexpr std::size_t kLastWordsBytes = 4096;

/// Sanitizers map terabytes of shadow memory, which an address limit would forbid.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimitsAddresses = false;
#else
constexpr bool kLimitsAddresses = true;
#endif

core::Error no_resources(std::string_view action) {
  return {.code = core::ErrorCode::kUnavailable,
          .message = "cannot " + std::string(action) + " for the decoder: " + std::strerror(errno),
          .where = {},
          .context = {}};
}

void write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written <= 0) _exit(kStatusThrew);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string read_from_start(int descriptor, std::size_t limit_bytes) {
  struct stat facts{};
  if (fstat(descriptor, &facts) != 0) return {};
  const auto size = static_cast<std::size_t>(std::max<off_t>(facts.st_size, 0));
  const std::size_t wanted = std::min(size, limit_bytes);
  std::string bytes(wanted, '\0');
  std::size_t have = 0;
  while (have < wanted) {
    // The end of what was written: a decoder's last words matter more than its first.
    const auto offset = static_cast<off_t>(size - wanted + have);
    const ssize_t got = pread(descriptor, bytes.data() + have, wanted - have, offset);
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

void set_limit(decltype(RLIMIT_AS) resource, rlim_t value) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0) return;
  limit.rlim_cur = std::min(limit.rlim_max, value);
  setrlimit(resource, &limit);
}

/// Bytes this process has mapped; 0 when the system does not tell.
std::size_t mapped_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t pages = 0;
  statm >> pages;
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

[[noreturn]] void run_child(const std::function<core::Result<std::string>()>& work, const IsolationLimits& limits,
                            std::size_t mapped, int output, int words) {
  dup2(words, STDOUT_FILENO);
  dup2(words, STDERR_FILENO);
  for (const int number : {SIGABRT, SIGSEGV, SIGFPE, SIGILL, SIGBUS, SIGTERM, SIGINT}) signal(number, SIG_DFL);
  set_limit(RLIMIT_CORE, 0);
  set_limit(RLIMIT_CPU, static_cast<rlim_t>(std::chrono::ceil<std::chrono::seconds>(limits.time).count() + 1));
  if (kLimitsAddresses && mapped > 0) set_limit(RLIMIT_AS, mapped + limits.memory_bytes);
  try {
    const core::Result<std::string> result = work();
    if (!result) {
      write_all(output, result.error().message);
      _exit(kStatusRefused);
    }
    write_all(output, *result);
  } catch (const std::exception& exception) {
    write_all(output, exception.what());
    _exit(kStatusThrew);
  }
  _exit(kStatusDone);
}

/// Waits for the end; ends the child when the time is over. Yields waitpid's status, or nothing when it was ended.
core::Result<int> wait_for(pid_t child, std::chrono::milliseconds time) {
  const sys::Descriptor handle(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  bool late = false;
  if (handle.number() >= 0) {
    pollfd waited{.fd = handle.number(), .events = POLLIN, .revents = 0};
    const auto deadline = std::chrono::steady_clock::now() + time;
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      const int ready = poll(&waited, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
      if (ready > 0) break;
      if (ready == 0) {
        late = true;
        kill(child, SIGKILL);
        break;
      }
      if (errno != EINTR) break;
    }
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (late) {
    return core::fail(core::ErrorCode::kCorrupt,
                      "the decoder did not end within " + std::to_string(time.count() / 1000) + " s");
  }
  return status;
}

/// The last line that holds letters, for a message.
std::string last_line_of(std::string_view words) {
  std::string last;
  for (const std::string& line : core::split(words, '\n')) {
    const std::string_view trimmed = core::trim(line);
    if (!trimmed.empty()) last = std::string(trimmed);
  }
  // "program: file:line: function: Assertion `x > 0' failed.": what failed is all that tells a person something.
  if (const std::size_t start = last.find("Assertion `"); start != std::string::npos) last = last.substr(start);
  return last.empty() ? "" : ": " + last;
}

}  // namespace

core::Result<std::string> run_isolated(const std::function<core::Result<std::string>()>& work,
                                       const IsolationLimits& limits) {
  const sys::Descriptor output(memfd_create("decoded", MFD_CLOEXEC));
  const sys::Descriptor words(memfd_create("words", MFD_CLOEXEC));
  if (output.number() < 0 || words.number() < 0) return core::fail(no_resources("make memory"));
  const std::size_t mapped = mapped_bytes();
  const pid_t child = fork();
  if (child < 0) return core::fail(no_resources("start a process"));
  if (child == 0) run_child(work, limits, mapped, output.number(), words.number());

  ALVEUS_TRY_ASSIGN(const int status, wait_for(child, limits.time));
  const std::string last_words = last_line_of(read_from_start(words.number(), kLastWordsBytes));
  if (WIFSIGNALED(status)) {
    return core::fail(core::ErrorCode::kCorrupt,
                      "the decoder stopped with signal " + std::to_string(WTERMSIG(status)) + last_words);
  }
  std::string bytes = read_from_start(output.number(), SIZE_MAX);
  if (WEXITSTATUS(status) != kStatusDone) {
    return core::fail(core::ErrorCode::kCorrupt, bytes.empty() ? "the decoder failed" + last_words : std::move(bytes));
  }
  return bytes;
}

}  // namespace alveus::imaging::detail
