// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>

#include "core/result.hpp"
#include "core/value.hpp"
#include "engine/progress.hpp"
#include "sys/clock.hpp"

namespace alveus::cli {

/// Writes what happens in a run as lines of JSON for another program (docs/internals/json-events.md). A thread of its
/// own writes, so a reader that is slow holds up nothing; a full disk, a reader that went away, or one that falls
/// `kWaitingBytesMax` behind ends the events, is told once, and does not harm the run.
class JsonEvents final : public engine::ProgressObserver {
 public:
  static constexpr std::size_t kWaitingBytesMax = std::size_t{64} << 20;
  /// Takes the first failure, from a thread of this object.
  using OnFailure = std::function<void(const core::Error&)>;

  /// `target` is "-" for standard output, the number of an open descriptor, or a file, which is made or emptied.
  /// kInvalidInput for a descriptor that is not open; else as the file's opening fails. `clock` is borrowed.
  static core::Result<std::unique_ptr<JsonEvents>> open(const std::string& target, const sys::Clock& clock,
                                                        OnFailure on_failure);
  /// Waits a few seconds for a reader that still has to take the last lines.
  ~JsonEvents() override;

  void on_counts(const core::StepPath& step, const engine::StepCounts& counts) override;
  void on_records(std::span<const store::Record> records) override;

 private:
  JsonEvents(int descriptor, std::string name, const sys::Clock& clock, OnFailure on_failure);
  void add(std::string_view event, std::string_view subject, core::Value detail);
  void hand_over();
  void write(const std::stop_token& end);
  /// Writes all, or says why not. Waits for a reader until `end` and the patience at the end are over.
  core::Status write_all(std::string_view text, const std::stop_token& end);

  int descriptor_;
  std::string name_;  ///< for messages
  const sys::Clock& clock_;
  OnFailure on_failure_;
  std::int64_t sequence_ = 0;  // the next two belong to the engine's thread
  std::string burst_;
  std::mutex mutex_;  // guards the next two
  std::condition_variable_any changed_;
  std::string waiting_;
  bool failed_ = false;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace alveus::cli
