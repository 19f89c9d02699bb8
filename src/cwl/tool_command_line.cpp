// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "core/check.hpp"
#include "cwl/detail/collect.hpp"
#include "cwl/detail/command_line.hpp"
#include "cwl/detail/definition.hpp"
#include "cwl/detail/evaluator.hpp"
#include "cwl/detail/stage.hpp"
#include "cwl/tool.hpp"
#include "expr/value_text.hpp"

namespace alveus::cwl {
namespace {

using detail::Evaluator;

/// The lower and the upper bound of one resource; each stands for the other where that is missing.
core::Status read_bounds(const Evaluator& evaluator, std::string_view name, const std::optional<Expression>& least,
                         const std::optional<Expression>& most, double& min, double* max) {
  const auto read = [&](const Expression& field) -> core::Result<double> {
    ALVEUS_TRY_ASSIGN(const double number, evaluator.number(name, field));
    if (number >= 0) return number;
    return core::fail(detail::error_at(
        field.mark, std::string(name) + " must not be negative, but is " + expr::value_text(core::Value(number))));
  };
  if (!least && !most) return {};
  ALVEUS_TRY_ASSIGN(min, read(least ? *least : *most));
  double upper = 0;
  if (most) {
    ALVEUS_TRY_ASSIGN(upper, read(*most));
    if (upper < min) {
      return core::fail(detail::error_at(most->mark, std::string(name) + ": the maximum lies below the minimum"));
    }
  }
  if (max != nullptr) *max = upper;
  return {};
}

class CommandLineToolLogic final : public flow::Tool {
 public:
  CommandLineToolLogic(std::shared_ptr<const Process> process, expr::Javascript& javascript)
      : process_(std::move(process)), javascript_(javascript) {
    ALVEUS_CHECK(std::holds_alternative<CommandLineTool>(process_->body), "the process is no CommandLineTool");
  }

  bool has_command() const override { return true; }

  core::Result<core::Value> evaluate(const core::Value&, const flow::DataAccess&) const override {
    return core::fail(core::ErrorCode::kInternal, "a CommandLineTool is run by its command");
  }

  std::optional<flow::ContainerRequest> container() const override;
  core::Result<flow::ResourceRequest> resources(const core::Value& inputs) const override;
  core::Result<flow::JobPlan> plan(const core::Value& inputs, const flow::JobSite& site,
                                   const flow::DataAccess& access) const override;
  core::Result<core::Value> collect(const flow::JobPlan& plan, const flow::JobExit& exit, const core::Location& outdir,
                                    const flow::DataAccess& access) const override;
  flow::Definition definition() const override { return detail::definition_of(*process_); }
  core::Result<flow::Reusability> reusability(const core::Value& inputs) const override;
  bool changes_inputs() const override { return process_->requirements.inplace_update; }

 private:
  const CommandLineTool& tool() const { return std::get<CommandLineTool>(process_->body); }
  core::Status plan_streams(const Evaluator& evaluator, flow::JobPlan& plan) const;
  core::Status plan_surroundings(const Evaluator& evaluator, flow::JobPlan& plan) const;
  core::Result<std::optional<std::string>> stream_name(const Evaluator& evaluator, std::string_view field,
                                                       const std::optional<Expression>& name) const;

  std::shared_ptr<const Process> process_;
  expr::Javascript& javascript_;
};

std::optional<flow::ContainerRequest> CommandLineToolLogic::container() const {
  if (!process_->requirements.docker) return std::nullopt;
  const Docker& docker = *process_->requirements.docker;
  const auto field = [&](const char* name) { return docker.requirement.string_or(name, ""); };
  flow::ContainerRequest request{.image = docker.image,
                                 .required = docker.required,
                                 .output_directory = {},
                                 .image_id = field("dockerImageId"),
                                 .pull = field("dockerPull"),
                                 .load = field("dockerLoad"),
                                 .import = field("dockerImport"),
                                 .dockerfile = field("dockerFile"),
                                 .requirement = docker.requirement,
                                 .where = docker.mark.text()};
  if (!docker.output_directory.empty()) request.output_directory = core::RemotePath(docker.output_directory);
  return request;
}

core::Result<flow::ResourceRequest> CommandLineToolLogic::resources(const core::Value& inputs) const {
  flow::ResourceRequest request;
  const Evaluator evaluator(*process_, javascript_, inputs, core::Value(core::Object{}));
  if (const auto& cuda = process_->requirements.cuda) {
    request.gpus = flow::GpuRequest{.cuda_version_min = cuda->version_min,
                                    .capabilities = cuda->capabilities,
                                    .is_capability_minimum = cuda->is_capability_minimum,
                                    .required = cuda->required};
    ALVEUS_TRY(read_bounds(evaluator, "cudaDeviceCount", cuda->count_min, cuda->count_max, request.gpus->count_min,
                           &request.gpus->count_max));
  }
  if (!process_->requirements.resource) return request;
  const Resource& resource = *process_->requirements.resource;
  ALVEUS_TRY(
      read_bounds(evaluator, "cores", resource.cores_min, resource.cores_max, request.cores_min, &request.cores_max));
  ALVEUS_TRY(
      read_bounds(evaluator, "ram", resource.ram_min, resource.ram_max, request.ram_min_mib, &request.ram_max_mib));
  ALVEUS_TRY(
      read_bounds(evaluator, "tmpdir", resource.tmpdir_min, resource.tmpdir_max, request.tmpdir_min_mib, nullptr));
  ALVEUS_TRY(
      read_bounds(evaluator, "outdir", resource.outdir_min, resource.outdir_max, request.outdir_min_mib, nullptr));
  return request;
}

core::Result<flow::JobPlan> CommandLineToolLogic::plan(const core::Value& inputs, const flow::JobSite& site,
                                                       const flow::DataAccess&) const {
  flow::JobPlan plan;
  plan.site = site;
  core::Value staged = inputs;
  detail::InputStager stager(site.inputs_directory);
  ALVEUS_TRY(stager.stage(staged));
  Evaluator evaluator(*process_, javascript_, std::move(staged), detail::runtime_of(site));
  std::vector<flow::StageEntry> work_dir;
  ALVEUS_TRY(detail::stage_work_dir(*process_, site, evaluator, stager, work_dir));
  plan.stage = stager.entries();
  plan.stage.insert(plan.stage.end(), std::make_move_iterator(work_dir.begin()),
                    std::make_move_iterator(work_dir.end()));
  plan.inputs = evaluator.inputs();

  ALVEUS_TRY_ASSIGN(plan.command, detail::build_command(*process_, tool(), evaluator));
  if (plan.command.empty()) {
    return core::fail(detail::error_at(process_->mark, "the tool has no command: it needs baseCommand or arguments"));
  }
  ALVEUS_TRY(plan_streams(evaluator, plan));
  ALVEUS_TRY(plan_surroundings(evaluator, plan));
  return plan;
}

core::Result<std::optional<std::string>> CommandLineToolLogic::stream_name(
    const Evaluator& evaluator, std::string_view field, const std::optional<Expression>& name) const {
  if (!name) return std::optional<std::string>();
  ALVEUS_TRY_ASSIGN(const std::string text, evaluator.string(field, *name));
  const std::string path = detail::normal_path(text);
  if (path.empty() || path.starts_with('/') || path == ".." || path.starts_with("../")) {
    return core::fail(detail::error_at(
        name->mark, std::string(field) + " must name a file in the output directory, not '" + text + "'"));
  }
  return std::optional<std::string>(path);
}

core::Status CommandLineToolLogic::plan_streams(const Evaluator& evaluator, flow::JobPlan& plan) const {
  ALVEUS_TRY_ASSIGN(plan.stdout_name, stream_name(evaluator, "stdout", tool().stdout_name));
  ALVEUS_TRY_ASSIGN(plan.stderr_name, stream_name(evaluator, "stderr", tool().stderr_name));
  if (!tool().stdin_path) return {};
  ALVEUS_TRY_ASSIGN(const core::Value value, evaluator.value(*tool().stdin_path));
  if (value.is_null()) return {};
  const std::string path = value.is_string() ? value.as_string() : value.string_or("path", "");
  if (path.empty()) {
    return core::fail(detail::error_at(tool().stdin_path->mark,
                                       "stdin must be a path, but the expression yields " + expr::value_text(value)));
  }
  plan.stdin_path = core::RemotePath(path.starts_with('/') ? path : plan.site.outdir.text() + "/" + path);
  return {};
}

core::Status CommandLineToolLogic::plan_surroundings(const Evaluator& evaluator, flow::JobPlan& plan) const {
  const Requirements& requirements = process_->requirements;
  if (requirements.environment) {
    for (const auto& [name, field] : requirements.environment->definitions) {
      ALVEUS_TRY_ASSIGN(plan.environment[name], evaluator.string("envValue", field));
    }
  }
  if (requirements.time_limit) {
    ALVEUS_TRY_ASSIGN(const double seconds, evaluator.number("timelimit", *requirements.time_limit));
    constexpr double kSecondsMax = 1e9;
    if (!(seconds >= 0) || seconds > kSecondsMax) {
      return core::fail(
          detail::error_at(requirements.time_limit->mark, "timelimit must be a number of seconds from 0 on"));
    }
    plan.time_limit = std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(seconds * 1000)));
  }
  // Before v1.1 there was no NetworkAccess, and commands had the network.
  plan.network = process_->version == Version::kV10;
  if (requirements.network_access) {
    ALVEUS_TRY_ASSIGN(plan.network, evaluator.boolean("networkAccess", *requirements.network_access));
  }
  if (requirements.shm_size) {
    ALVEUS_TRY_ASSIGN(plan.shm_size, evaluator.string("shmSize", *requirements.shm_size));
    const std::size_t digits = std::min(plan.shm_size.find_first_not_of("0123456789"), plan.shm_size.size());
    constexpr std::array<std::string_view, 9> kUnits = {"", "b", "k", "m", "g", "B", "K", "M", "G"};
    if (digits == 0 || std::ranges::find(kUnits, std::string_view(plan.shm_size).substr(digits)) == kUnits.end()) {
      return core::fail(detail::error_at(requirements.shm_size->mark,
                                         "shmSize must be a number of bytes, or one with k, m or g behind it (512m), "
                                         "not '" +
                                             plan.shm_size + "'"));
    }
  }
  plan.container = container();
  if (!tool().success_codes.empty()) plan.success_codes = tool().success_codes;
  plan.temporary_fail_codes = tool().temporary_fail_codes;
  plan.permanent_fail_codes = tool().permanent_fail_codes;
  return {};
}

core::Result<core::Value> CommandLineToolLogic::collect(const flow::JobPlan& plan, const flow::JobExit& exit,
                                                        const core::Location& outdir,
                                                        const flow::DataAccess& access) const {
  core::Value runtime = detail::runtime_of(plan.site);
  if (process_->version != Version::kV10) runtime.set("exitCode", std::int64_t{exit.exit_code});
  const Evaluator evaluator(*process_, javascript_, plan.inputs, std::move(runtime));
  const detail::PathMap paths(plan, outdir);
  return detail::collect_outputs(*process_, plan, evaluator, paths, access);
}

core::Result<flow::Reusability> CommandLineToolLogic::reusability(const core::Value& inputs) const {
  const Requirements& requirements = process_->requirements;
  const auto no = [](std::string reason) {
    return flow::Reusability{.is_reusable = false, .reason = std::move(reason)};
  };
  const Evaluator evaluator(*process_, javascript_, inputs, core::Value(core::Object{}));
  if (requirements.work_reuse) {
    ALVEUS_TRY_ASSIGN(const bool allowed, evaluator.boolean("enableReuse", *requirements.work_reuse));
    if (!allowed) return no("WorkReuse is off for it");
  }
  if (changes_inputs()) return no("it may change its inputs where they lie (InplaceUpdateRequirement)");
  if (requirements.secrets) return no("it is given secrets, of which nothing is kept");
  if (requirements.network_access && !requirements.work_reuse) {
    ALVEUS_TRY_ASSIGN(const bool network, evaluator.boolean("networkAccess", *requirements.network_access));
    if (network) return no("it uses the network, whose answers may change; WorkReuse with enableReuse: true allows it");
  }
  return flow::Reusability{.is_reusable = true, .reason = {}};
}

}  // namespace

std::shared_ptr<const flow::Tool> make_command_line_tool(std::shared_ptr<const Process> process,
                                                         expr::Javascript& javascript) {
  return std::make_shared<CommandLineToolLogic>(std::move(process), javascript);
}

}  // namespace alveus::cwl
