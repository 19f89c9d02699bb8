// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

#include "core/result.hpp"
#include "core/value.hpp"
#include "deploy/connector.hpp"
#include "engine/machine.hpp"
#include "engine/output_delivery.hpp"
#include "engine/progress.hpp"
#include "engine/result_reuse.hpp"
#include "engine/work.hpp"
#include "flow/process.hpp"
#include "flow/secrets.hpp"
#include "store/journal.hpp"
#include "store/record.hpp"
#include "store/recovery.hpp"
#include "sys/clock.hpp"
#include "transfer/web_files.hpp"

namespace alveus::engine {

struct RunOptions {
  MachineOptions machine;
  /// A record that nothing waits for is written with those of the next moment; zero: each burst at once.
  std::chrono::milliseconds record_delay_max{5};
  std::size_t thread_count = 4;                         ///< for what blocks: evaluation, staging, collecting
  std::map<std::string, std::string> base_environment;  ///< jobs get PATH from it and nothing else
  MemoryLimit memory_limit = MemoryLimit::kMachine;
  bool keep_job_folders = false;  ///< else only a run that did not get done keeps them
  store::RunStarted header;       ///< the journal's first record; of a run that goes on the description counts
  flow::Secrets secrets;          ///< behind the markers in the inputs
  std::stop_token stop;           ///< a request cancels the run
};

/// What a run works with. All borrowed; they outlive the run.
struct RunServices {
  deploy::Connector& connector;
  store::Journal& journal;
  const sys::Clock& clock;
  OutputDelivery* delivery = nullptr;  ///< null: outputs stay in the job folders, which are kept
  ProgressObserver* observer = nullptr;
  const transfer::WebFiles* web = nullptr;  ///< null: files of the web are kUnsupported
  ResultReuse* reuse = nullptr;             ///< null: every job runs
  /// Told of what went wrong and did not stop the run, on the thread of `run_process`.
  std::function<void(const core::Error&)> on_trouble = nullptr;
};

/// Runs a process to its end on one site; blocks until then. A failed or cancelled run is an Ending, not an Error. An
/// Error means that the run could not be recorded (or its site not be used at all): jobs that ran were cancelled, and
/// the journal stands as it was before the record that failed. Job folders of a run that did not get done are kept, so
/// that it can go on; those of one that did are removed.
///
/// With a recovery the run goes on: what is done stays done, commands that the earlier controller left are ended, and
/// their folders are removed. A run whose outputs were being moved goes on with that.
core::Result<Ending> run_process(const flow::Process& process, core::Value inputs, const RunOptions& options,
                                 const RunServices& services, std::optional<store::Recovery> recovery = {});

}  // namespace alveus::engine
