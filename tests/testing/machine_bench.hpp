// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.hpp"
#include "engine/machine.hpp"
#include "engine/work.hpp"
#include "testing/fake_connector.hpp"
#include "testing/graph.hpp"

namespace alveus::testing {

/// A machine on the bench: no threads, and the test says which effect is answered when. What is open has a name:
/// "evaluate /a/0", "prepare /a/0", "start /a/0", "end /a/0", "collect /a/0", "inspect /a/0".
class MachineBench {
 public:
  MachineBench(ProcessPointer process, core::Value inputs, engine::MachineOptions options = {}, double cores = 4,
               engine::ResultReuse* reuse = nullptr, store::FinishedJobs finished = {});

  /// What waits for an answer, in the order it was asked for.
  std::vector<std::string> open() const;
  /// Gives the true answer to one of these. "end" ends with the exit code of the command, or the one
  /// given.
  void answer(const std::string& name);
  void end(const std::string& job, int exit_code);
  void end(const std::string& job, deploy::CommandEnd end);
  /// Fails it instead.
  void fail(const std::string& name, core::ErrorCode code);
  /// Answers the first that is open until nothing is, letting time pass where only that helps.
  void run();
  /// The same in random order; some preparations fail with kUnavailable with this probability.
  void run_shuffled(core::Random& random, double failure_probability);

  void cancel();
  void pass(std::chrono::milliseconds duration);

  bool finished() const { return machine_.finished(); }
  engine::Ending ending() { return machine_.take_ending(); }
  engine::Machine& machine() { return machine_; }
  FakeConnector& site() { return site_; }
  /// Kind and subject of each record so far: "job-started /a/0".
  std::vector<std::string> records() const;
  const std::vector<store::Record>& typed_records() const { return records_; }
  std::size_t running_count_max() const { return running_count_max_; }

 private:
  struct Open {
    std::string name;
    engine::Effect effect;  ///< of an "end": its start
  };

  void take(engine::Event event);
  void absorb();
  Open remove(const std::string& name);
  void pass_to_next_time();
  engine::Event truth(const Open& open, int exit_code);

  ProcessPointer process_;
  FakeConnector site_;
  engine::Work work_;
  engine::Machine machine_;
  engine::Reaction reaction_;
  std::vector<store::Record> records_;
  std::vector<Open> open_;
  std::map<engine::ActivityId, std::string> names_;
  std::map<deploy::CommandHandle, engine::ActivityId> running_;
  std::size_t running_count_max_ = 0;
  sys::SteadyTime now_{};
};

/// The outputs as JSON once everything ran; fails the test where that did not end well, or left something behind.
std::string outputs_of(const ProcessPointer& process, core::Value inputs);

}  // namespace alveus::testing
