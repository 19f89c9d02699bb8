// SPDX-License-Identifier: Apache-2.0
#include "testing/alveus_program.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <future>

#include "core/json.hpp"

namespace alveus::testing {

namespace fs = std::filesystem;

struct AlveusProgram::End {
  std::promise<sys::ProcessEnd> promise;
};

AlveusProgram::AlveusProgram()
    : folder_(*sys::TemporaryDirectory::make("alveus-program")), runner_(*sys::LocalProcessRunner::make()) {
  environment_ = sys::current_environment();
  environment_["ALVEUS_STATE"] = path("state").string();
}

void AlveusProgram::set_environment(const std::string& name, const std::string& value) {
  environment_.erase(name);
  if (!value.empty()) environment_[name] = value;
}

std::string AlveusProgram::write(const std::string& name, const std::string& text) const {
  EXPECT_TRUE(sys::write_file(path(name), text));
  return name;
}

std::string AlveusProgram::read(const std::string& name) const { return sys::read_file(path(name)).value_or(""); }

sys::ProcessCommand AlveusProgram::command(const std::vector<std::string>& arguments,
                                           const std::string& program) const {
  const char* const bin = std::getenv("ALVEUS_BIN_DIR");
  sys::ProcessCommand command;
  command.arguments = {std::string(bin == nullptr ? "bin" : bin) + "/" + program};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  command.environment = environment_;
  command.working_directory = path();
  command.stdin_file = standard_input_;
  command.stdout_file = path(".stdout");
  command.stderr_file = path(".stderr");
  return command;
}

AlveusProgram::Said AlveusProgram::said(const sys::ProcessEnd& end) const {
  return {.status = end.exit_code, .out = read(".stdout"), .err = read(".stderr")};
}

AlveusProgram::Said AlveusProgram::run(const std::vector<std::string>& arguments, const std::string& program) {
  const auto end = sys::run_process(*runner_, command(arguments, program));
  EXPECT_TRUE(end);
  return said(*end);
}

core::Value AlveusProgram::json(const std::vector<std::string>& arguments) {
  const auto said = run(arguments);
  EXPECT_EQ(said.status, 0) << said.err;
  auto value = core::parse_json(said.out);
  EXPECT_TRUE(value) << said.out;
  return value.value_or(core::Value());
}

void AlveusProgram::start(const std::vector<std::string>& arguments) {
  end_ = std::make_shared<End>();
  earlier_journals_ = journals();
  const auto started = runner_->start(command(arguments, "alveus"),
                                      [end = end_](const sys::ProcessEnd& ended) { end->promise.set_value(ended); });
  ASSERT_TRUE(started) << started.error().text();
  process_ = *started;
}

void AlveusProgram::signal(int number) const { ::kill(process(), number); }

AlveusProgram::Said AlveusProgram::wait() { return said(end_->promise.get_future().get()); }

std::vector<fs::path> AlveusProgram::journals() const {
  std::vector<fs::path> files;
  std::error_code failure;
  for (const auto& run : fs::directory_iterator(path("state/runs"), failure)) {
    if (fs::exists(run.path() / "journal.db")) files.push_back(run.path() / "journal.db");
  }
  std::ranges::sort(files);
  return files;
}

std::optional<store::RunLog> AlveusProgram::log() const {
  for (const auto& file : journals()) {
    if (std::ranges::find(earlier_journals_, file) != earlier_journals_.end()) continue;
    auto log = store::read_run(file);
    if (log) return std::move(*log);
  }
  return std::nullopt;
}

bool AlveusProgram::comes_true(const std::function<bool()>& condition) {
  constexpr std::chrono::seconds kPatience{60};
  constexpr int kPauseMs = 3;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    ::poll(nullptr, 0, kPauseMs);
  }
  return true;
}

std::vector<int> AlveusProgram::processes_left() const {
  const std::string root = fs::canonical(path()).string() + "/";
  std::vector<int> processes;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator("/proc", failure)) {
    const std::string name = entry.path().filename().string();
    if (!std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; })) continue;
    const auto cwd = fs::read_symlink(entry.path() / "cwd", failure);
    if (!failure && cwd.string().starts_with(root)) processes.push_back(std::stoi(name));
  }
  return processes;
}

}  // namespace alveus::testing
