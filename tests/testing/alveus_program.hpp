// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/value.hpp"
#include "store/run_log.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"

namespace alveus::testing {

/// The program `alveus` of this build, run in a temporary folder that also holds its state. For one thread.
class AlveusProgram {
 public:
  struct Said {
    int status = -1;
    std::string out;
    std::string err;
  };

  AlveusProgram();

  std::filesystem::path path(const std::string& name = {}) const { return folder_.path() / name; }
  std::string write(const std::string& name, const std::string& text) const;
  std::string read(const std::string& name) const;

  /// The program's environment from here on; an empty value takes the name out.
  void set_environment(const std::string& name, const std::string& value);

  /// Runs to the end. `program` is a name in the build's folder of programs.
  Said run(const std::vector<std::string>& arguments, const std::string& program = "alveus");
  /// A file of the folder that becomes the standard input of what is run from here on.
  void set_standard_input(const std::string& name) { standard_input_ = path(name); }

  /// Runs to the end and reads its standard output as JSON. Fails the test, and gives null, where that is none.
  core::Value json(const std::vector<std::string>& arguments);

  /// Starts without waiting; one at a time.
  void start(const std::vector<std::string>& arguments);
  int process() const { return sys::system_id_of(*process_); }
  void signal(int number) const;
  /// Waits for what `start` began.
  Said wait();

  /// The journals of all runs so far, by name.
  std::vector<std::filesystem::path> journals() const;
  /// The journal of what `start` began, as far as it can be read.
  std::optional<store::RunLog> log() const;
  /// Looks every few milliseconds; false when it did not come true in time.
  static bool comes_true(const std::function<bool()>& condition);
  /// Processes whose working directory lies in this folder, but for the program itself.
  std::vector<int> processes_left() const;

 private:
  struct End;
  sys::ProcessCommand command(const std::vector<std::string>& arguments, const std::string& program) const;
  Said said(const sys::ProcessEnd& end) const;

  sys::TemporaryDirectory folder_;
  std::map<std::string, std::string> environment_;
  std::shared_ptr<End> end_;
  std::filesystem::path standard_input_;
  std::unique_ptr<sys::LocalProcessRunner> runner_;
  std::optional<sys::ProcessId> process_;
  std::vector<std::filesystem::path> earlier_journals_;
};

}  // namespace alveus::testing
