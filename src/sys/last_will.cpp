// SPDX-License-Identifier: Apache-2.0
#include "sys/last_will.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstddef>
#include <ctime>
#include <string_view>

#include "core/check.hpp"
#include "sys/detail/spawn.hpp"
#include "sys/detail/watcher.hpp"
#include "sys/file.hpp"

namespace alveus::sys {
namespace {

constexpr int kRoundsMax = 20;
constexpr timespec kBetweenRounds{.tv_sec = 0, .tv_nsec = 250'000'000};
/// Once nothing was found: what was under way shows up within that many rounds.
constexpr int kEmptyRounds = 4;
constexpr std::size_t kWordsMax = 1024;

/// A program with its arguments as exec wants them, and room for words at the end.
struct Call {
  const char* program = nullptr;
  std::vector<char*> arguments;
  std::size_t fixed_count = 0;
};

/// All that the process needs, made before the fork: after it memory cannot be had.
struct Orders {
  std::vector<std::string> texts;  // what the pointers point to
  Call find;
  std::vector<Call> then;
  std::vector<char*> environment;
};

core::Status add_call(const LastWill& will, const std::vector<std::string>& arguments, Orders& orders, Call& call) {
  ALVEUS_CHECK(!arguments.empty(), "a command has at least the program's name");
  ALVEUS_TRY_ASSIGN(std::string program,
                    detail::find_program({.arguments = arguments, .environment = will.environment}));
  const auto keep = [&](std::string text) {
    orders.texts.push_back(std::move(text));
    return orders.texts.back().data();
  };
  call.program = keep(std::move(program));
  for (const std::string& argument : arguments) call.arguments.push_back(keep(argument));
  call.fixed_count = call.arguments.size();
  call.arguments.resize(call.fixed_count + kWordsMax + 1, nullptr);
  return {};
}

core::Result<Orders> orders_of(const LastWill& will) {
  Orders orders;
  std::size_t count = will.environment.size() + will.find.size() + 1;
  for (const auto& arguments : will.then) count += arguments.size() + 1;
  orders.texts.reserve(count);  // so that no text moves
  ALVEUS_TRY(add_call(will, will.find, orders, orders.find));
  for (const auto& arguments : will.then) ALVEUS_TRY(add_call(will, arguments, orders, orders.then.emplace_back()));
  for (const auto& [name, value] : will.environment) {
    orders.texts.push_back(name + "=" + value);
    orders.environment.push_back(orders.texts.back().data());
  }
  orders.environment.push_back(nullptr);
  return orders;
}

// All that follows runs in the process of the will, which was forked from a program with threads: only functions that
// are safe in a signal handler.

/// So that no pipe gets the number of a standard stream, which a child could not be given then.
void take_standard_streams() {
  int opened = 0;
  do {
    opened = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  } while (opened >= 0 && opened <= STDERR_FILENO);
  if (opened >= 0) ::close(opened);
}

/// -1 when there is no process to spare. `output` takes its standard output; -1: nobody does.
pid_t begin(const Call& call, char* const* environment, int output) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDWR);
  ::dup2(null, STDIN_FILENO);
  ::dup2(output >= 0 ? output : null, STDOUT_FILENO);
  ::dup2(null, STDERR_FILENO);
  static_cast<void>(::syscall(SYS_close_range, 3U, UINT_MAX, 0U));
  ::execve(call.program, call.arguments.data(), environment);
  ::_exit(127);
}

void wait_for(pid_t child) {
  while (child > 0 && ::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

/// What `find` prints, as far as it fits.
std::size_t read_findings(const Orders& orders, char* text, std::size_t size_max) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return 0;
  const pid_t child = begin(orders.find, orders.environment.data(), ends[1]);
  ::close(ends[1]);
  std::size_t size = 0;
  while (size < size_max) {
    const ssize_t count = ::read(ends[0], text + size, size_max - size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    size += static_cast<std::size_t>(count);
  }
  ::close(ends[0]);
  wait_for(child);
  return size;
}

/// Cuts a text into words; returns how many.
std::size_t cut(char* text, std::size_t size, std::array<char*, kWordsMax>& words) {
  std::size_t count = 0;
  bool inside = false;
  for (std::size_t index = 0; index < size; ++index) {
    const bool is_space = text[index] == ' ' || text[index] == '\n' || text[index] == '\t' || text[index] == '\r';
    if (is_space) text[index] = '\0';
    if (!is_space && !inside) {
      if (count == kWordsMax) break;
      words[count++] = text + index;
    }
    inside = !is_space;
  }
  return count;
}

void carry_out(Orders& orders, int life_line) {
  take_standard_streams();
  if (detail::hears_a_byte(life_line)) return;

  static std::array<char, 1 << 17> text;
  static std::array<char*, kWordsMax> words;
  int empty_rounds = 0;
  for (int round = 0; round < kRoundsMax && empty_rounds < kEmptyRounds; ++round) {
    if (round > 0) ::nanosleep(&kBetweenRounds, nullptr);
    const std::size_t size = read_findings(orders, text.data(), text.size() - 1);
    text[size] = '\0';
    const std::size_t found = cut(text.data(), size, words);
    empty_rounds = found == 0 ? empty_rounds + 1 : 0;
    if (found == 0) continue;
    for (Call& call : orders.then) {
      for (std::size_t index = 0; index < found; ++index) call.arguments[call.fixed_count + index] = words[index];
      call.arguments[call.fixed_count + found] = nullptr;
      wait_for(begin(call, orders.environment.data(), -1));
    }
  }
}

}  // namespace

core::Result<std::unique_ptr<LastWillExecutor>> LastWillExecutor::make(const LastWill& will) {
  ALVEUS_TRY_ASSIGN(Orders orders, orders_of(will));
  ALVEUS_TRY_ASSIGN(const detail::Watcher watcher,
                    detail::fork_watcher("last-will", "cannot prepare for this program's end",
                                         [&](int life_line) { carry_out(orders, life_line); }));
  return std::unique_ptr<LastWillExecutor>(new LastWillExecutor(watcher.line, watcher.process));
}

LastWillExecutor::~LastWillExecutor() {
  if (!is_confirmed_) static_cast<void>(::send(life_line_, "x", 1, MSG_NOSIGNAL));
  ::close(life_line_);
  if (is_confirmed_) return;
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace alveus::sys
