// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>

#include "deploy/connector.hpp"
#include "engine/connector_data_access.hpp"
#include "engine/event.hpp"
#include "engine/result_reuse.hpp"
#include "transfer/sites.hpp"

namespace alveus::engine {

/// What becomes of a job's folder when the job was collected.
enum class JobFolders {
  kRetired,  ///< what only the job needed goes
  kKept,     ///< for a look: its temporary files alone go
};

/// Carries out effects on one site and says what came of them. Blocks, so it is called on pool threads; safe from
/// several threads.
class Work {
 public:
  /// Takes the end of a command, from any thread.
  using Post = std::function<void(Event)>;

  /// `connector` is borrowed and outlives this. Of `base_environment` jobs get PATH alone. `post` must hold for as long
  /// as the connector may report an end. `reuse` is borrowed; null: every job runs.
  Work(deploy::Connector& connector, const std::map<std::string, std::string>& base_environment, Post post,
       ResultReuse* reuse = nullptr, JobFolders folders = JobFolders::kRetired);

  InputsEvaluated perform(const EvaluateInputs& effect) const;
  JobPrepared perform(const PrepareJob& effect) const;
  /// Also posts JobEnded later, when the start succeeded.
  JobStarted perform(const StartJob& effect) const;
  JobCollected perform(const CollectJob& effect) const;
  JobInspected perform(const InspectJob& effect) const;
  void perform(const CancelJob& effect) const;

 private:
  core::Result<Evaluation> evaluate(const EvaluateInputs& effect) const;
  /// The step's inputs in one iteration of its loop.
  core::Result<core::Value> iteration_inputs(const EvaluateInputs& effect) const;
  core::Result<std::shared_ptr<const PreparedJob>> prepare(const PrepareJob& effect) const;
  core::Result<deploy::JobContainer> contain(const PreparedJob& job, deploy::ContainerImage image) const;
  core::Result<deploy::SiteCommand> make_command(const PreparedJob& job) const;

  deploy::Connector& connector_;
  transfer::Sites sites_;
  ConnectorDataAccess access_;
  std::map<std::string, std::string> environment_;
  Post post_;
  ResultReuse* reuse_;
  JobFolders folders_;
};

}  // namespace alveus::engine
