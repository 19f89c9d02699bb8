// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <vector>

#include "core/check.hpp"
#include "core/text.hpp"
#include "sys/detail/spawn.hpp"
#include "sys/file.hpp"

namespace alveus::sys::detail {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kModeOfNewFiles = 0666;  // less the umask
constexpr const char* kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

/// posix_spawnattr_t with what every child gets.
class Attributes {
 public:
  Attributes() {
    ::posix_spawnattr_init(&attributes_);
    sigset_t signals;
    ::sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

/// posix_spawn_file_actions_t: changes directory, opens the standard streams, closes everything else.
class FileActions {
 public:
  explicit FileActions(const ProcessCommand& command) {
    ::posix_spawn_file_actions_init(&actions_);
    if (!command.working_directory.empty()) {
      ::posix_spawn_file_actions_addchdir_np(&actions_, command.working_directory.c_str());
    }
    add_open(STDIN_FILENO, command.stdin_file, O_RDONLY);
    constexpr int kForOutput = O_WRONLY | O_CREAT | O_TRUNC;
    const bool is_shared = !command.stdout_file.empty() && command.stdout_file == command.stderr_file;
    add_open(STDOUT_FILENO, command.stdout_file, kForOutput);
    if (is_shared || (command.stdout_file.empty() && command.stderr_file.empty())) {
      ::posix_spawn_file_actions_adddup2(&actions_, STDOUT_FILENO, STDERR_FILENO);
    } else {
      add_open(STDERR_FILENO, command.stderr_file, kForOutput);
    }
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
  }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  void add_open(int descriptor, const fs::path& file, int flags) {
    const char* path = file.empty() ? "/dev/null" : file.c_str();
    ::posix_spawn_file_actions_addopen(&actions_, descriptor, path, flags | O_NOCTTY, kModeOfNewFiles);
  }
  posix_spawn_file_actions_t actions_;
};

/// Pointers as exec wants them; the strings are borrowed.
std::vector<char*> pointers_to(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (const auto& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

enum class Found { kNothing, kNoProgram, kProgram };

Found what_is_at(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return Found::kNothing;
  return S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0 ? Found::kProgram : Found::kNoProgram;
}

fs::path seen_from_here(const ProcessCommand& command, const fs::path& path) {
  return command.working_directory.empty() ? path : command.working_directory / path;
}

/// posix_spawn tells only a number; finds the thing it was about.
core::Error explain(const ProcessCommand& command, const std::string& program, int error_number) {
  if (error_number == EAGAIN || error_number == ENOMEM || error_number == E2BIG) {
    return system_error("cannot start", command.arguments.front(), error_number);
  }
  struct stat status{};
  const fs::path& directory = command.working_directory;
  if (!directory.empty() && (::stat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))) {
    return system_error("cannot start a program in", directory, ENOENT);
  }
  if (!directory.empty() && ::access(directory.c_str(), X_OK) != 0) {
    return system_error("cannot start a program in", directory, errno);
  }
  const fs::path input = seen_from_here(command, command.stdin_file);
  if (!command.stdin_file.empty() && ::access(input.c_str(), R_OK) != 0) {
    return system_error("cannot open", input, errno);
  }
  for (const auto* file : {&command.stdout_file, &command.stderr_file}) {
    if (file->empty()) continue;
    const fs::path output = seen_from_here(command, *file);
    const bool is_there = ::access(output.c_str(), F_OK) == 0;
    const fs::path parent = is_there || output.parent_path().empty() ? output : output.parent_path();
    if (::access(parent.c_str(), W_OK) != 0) return system_error("cannot write", output, errno);
    if (is_there && fs::is_directory(output)) return system_error("cannot write", output, EISDIR);
  }
  core::Error error = system_error("cannot run", program, error_number);
  if (error_number == ENOENT && what_is_at(seen_from_here(command, program).string()) == Found::kProgram) {
    error.message += "; the interpreter that its first line or header names is missing";
  } else if (error_number == ENOEXEC) {
    error.message += "; a script needs a first line such as '#!/bin/sh'";
  }
  return error;
}

}  // namespace

core::Result<std::string> find_program(const ProcessCommand& command) {
  const std::string& name = command.arguments.front();
  if (name.find('/') != std::string::npos) return name;
  const auto listed = command.environment.find("PATH");
  const std::string search = listed == command.environment.end() ? kDefaultPath : listed->second;
  bool may_not_run = false;
  for (const auto& directory : core::split(search, ':')) {
    // An empty piece means the working directory; a relative one is relative to it.
    const std::string candidate = (directory.empty() ? "." : directory) + "/" + name;
    const bool is_here = candidate.starts_with('/') || command.working_directory.empty();
    const Found found = what_is_at(is_here ? candidate : (command.working_directory / candidate).string());
    if (found == Found::kProgram) return candidate;
    may_not_run = may_not_run || found == Found::kNoProgram;
  }
  if (may_not_run) {
    return core::fail(core::ErrorCode::kDenied,
                      "cannot run '" + name + "': the file of that name in PATH (" + search + ") is not executable");
  }
  return core::fail(core::ErrorCode::kNotFound, "cannot run '" + name + "': no such program in PATH (" + search + ")");
}

core::Result<pid_t> spawn(const ProcessCommand& command) {
  ALVEUS_CHECK(!command.arguments.empty(), "a command has at least the program's name");
  ALVEUS_TRY_ASSIGN(const std::string program, find_program(command));
  std::vector<std::string> environment;
  environment.reserve(command.environment.size());
  for (const auto& [name, value] : command.environment) environment.push_back(name + "=" + value);
  const std::vector<char*> environment_pointers = pointers_to(environment);
  const std::vector<char*> argument_pointers = pointers_to(command.arguments);
  const Attributes attributes;
  const FileActions actions(command);

  pid_t process = 0;
  const int failure = ::posix_spawn(&process, program.c_str(), actions.get(), attributes.get(),
                                    argument_pointers.data(), environment_pointers.data());
  if (failure != 0) return core::fail(explain(command, program, failure));
  return process;
}

}  // namespace alveus::sys::detail
