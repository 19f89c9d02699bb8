// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/connector.hpp"
#include "engine/connector_data_access.hpp"
#include "engine/container_job.hpp"
#include "engine/event.hpp"
#include "engine/result_reuse.hpp"
#include "flow/secrets.hpp"
#include "transfer/sites.hpp"

namespace alveus::engine {

/// What becomes of a job's folder when the job was collected.
enum class JobFolders {
  kRetired,  ///< what only the job needed goes
  kKept,     ///< for a look: its temporary files alone go
};

/// When a job is ended for the memory it uses.
enum class MemoryLimit {
  kStrict,   ///< above its ramMax, or above what it was given when it names none
  kMachine,  ///< when memory runs out and it is furthest above what it was given
  kNone,
};

struct WorkOptions {
  ResultReuse* reuse = nullptr;  ///< borrowed; null: every job runs
  JobFolders folders = JobFolders::kRetired;
  /// A job gets what they hide when its command starts and its files are made; no answer holds any of it.
  flow::Secrets secrets = flow::Secrets();
  const transfer::WebFiles* web = nullptr;  ///< borrowed; null: files of the web are kUnsupported
  MemoryLimit memory_limit = MemoryLimit::kMachine;
  MissingImages missing_images = MissingImages::kObtained;  ///< for what results depend on
};

/// Where a command wrote to. A stream without a file went to the log.
struct AttemptStreams {
  core::RemotePath log;
  core::RemotePath stdout_path = {};
  core::RemotePath stderr_path = {};
};

/// Carries out effects on one site and says what came of them. Blocks, so it is called on pool threads; safe from
/// several threads.
class Work {
 public:
  /// Takes the end of a command, from any thread.
  using Post = std::function<void(Event)>;

  /// `connector` is borrowed and outlives this. Of `base_environment` jobs get PATH alone. `post` must hold for as long
  /// as the connector may report an end.
  Work(deploy::Connector& connector, const std::map<std::string, std::string>& base_environment, Post post,
       WorkOptions options = {});

  InputsEvaluated perform(const EvaluateInputs& effect) const;
  JobPrepared perform(const PrepareJob& effect) const;
  /// Also posts JobEnded later, when the start succeeded.
  JobStarted perform(const StartJob& effect) const;
  JobCollected perform(const CollectJob& effect) const;
  JobInspected perform(const InspectJob& effect) const;
  void perform(const CancelJob& effect) const;

  /// What is kept of the streams of an attempt that came to nothing. Empty ones are left out, and so is what cannot be
  /// read: a log is worth no failure.
  std::vector<StreamEnd> streams_of_failed(const AttemptStreams& streams) const;

 private:
  core::Result<Evaluation> evaluate(const EvaluateInputs& effect) const;
  ReuseAnswer look_up(const core::JobId& job, const flow::Tool& tool, Evaluation& evaluation) const;
  /// Puts the places where files of the web lie here for their URLs; checks sizes and checksums that are given.
  core::Status fetch_from_web(core::Value& value) const;
  /// The step's inputs in one iteration of its loop.
  core::Result<core::Value> iteration_inputs(const EvaluateInputs& effect) const;
  core::Result<std::shared_ptr<const PreparedJob>> prepare(const PrepareJob& effect) const;
  core::Result<deploy::JobContainer> contain(const PreparedJob& job, deploy::ContainerImage image) const;
  core::Result<deploy::SiteCommand> make_command(const PreparedJob& job, const Allotment& allotment) const;
  std::vector<std::string> gpu_ids(GpuSet gpus) const;
  std::vector<flow::StageEntry> revealed(std::vector<flow::StageEntry> entries) const;
  void remove_secret_files(const PreparedJob& job, const core::Value& outputs) const;
  void add_stream(std::vector<StreamEnd>& ends, std::string_view stream, const core::RemotePath& path) const;

  deploy::Connector& connector_;
  transfer::Sites sites_;
  ConnectorDataAccess access_;
  std::map<std::string, std::string> environment_;
  Post post_;
  ResultReuse* reuse_;
  JobFolders folders_;
  flow::Secrets secrets_;
  MemoryLimit memory_limit_;
  MissingImages missing_images_;
};

}  // namespace alveus::engine
