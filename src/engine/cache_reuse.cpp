// SPDX-License-Identifier: Apache-2.0
#include "engine/cache_reuse.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/scheduler.hpp"
#include "store/describe_inputs.hpp"

namespace alveus::engine {
namespace {

/// What the command can see of its site, by the names that CWL has for it.
core::Object visible(const flow::Definition& definition, const Allotment& allotment) {
  core::Object seen;
  const auto whole = [](double number) { return core::Value(static_cast<std::int64_t>(std::ceil(number))); };
  if (definition.sees_cores) seen.append("cores", whole(allotment.cores));
  if (definition.sees_ram) seen.append("ram", whole(allotment.ram_mib));
  if (definition.sees_tmpdir_size) seen.append("tmpdirSize", whole(allotment.tmpdir_mib));
  if (definition.sees_outdir_size) seen.append("outdirSize", whole(allotment.outdir_mib));
  return seen;
}

/// What an image is, wherever it lies. Empty without one.
core::Result<std::string> content_of(const std::optional<deploy::ImageIdentity>& image,
                                     store::FileChecksums& checksums) {
  if (!image) return std::string();
  if (!image->is_file) return image->text;
  ALVEUS_TRY_ASSIGN(const auto checksum, checksums.of(image->text));
  return "sha256:" + checksum.sha256;
}

/// "/train" for the job "/train/0.4".
core::StepPath step_of(const core::JobId& job) {
  const std::size_t slash = job.text().rfind('/');
  return core::StepPath(slash == 0 || slash == std::string::npos ? "/" : job.text().substr(0, slash));
}

ReuseAnswer refused(std::string reason) { return {.ticket = nullptr, .refusal = std::move(reason), .found = {}}; }

}  // namespace

CacheReuse::CacheReuse(store::ResultCache& cache, const sys::Clock& clock, CacheReuseOptions options)
    : cache_(cache), clock_(clock), options_(std::move(options)) {}

std::shared_ptr<const CacheReuse::KnownTool> CacheReuse::known(const flow::Tool& tool) {
  auto found = tools_.with_lock([&](const auto& tools) {
    const auto place = tools.find(&tool);
    return place == tools.end() ? nullptr : place->second;
  });
  if (found) return found;
  auto made = std::make_shared<KnownTool>();
  made->definition = tool.definition();
  made->digest = store::digest_of(made->definition.parts);
  return tools_.with_lock([&](auto& tools) { return tools.emplace(&tool, std::move(made)).first->second; });
}

core::Result<store::ResultTicket> CacheReuse::ticket_of(const core::JobId& job, const flow::Tool& tool,
                                                        const Evaluation& evaluation) {
  const auto known_tool = known(tool);
  // Which devices a job would get says nothing about its result; how many follows from the tool and the inputs.
  flow::ResourceRequest request = *evaluation.request;
  request.gpus.reset();
  ALVEUS_TRY_ASSIGN(const Allotment allotment, allot(request, deploy::SiteCapacity{}));
  store::ResultTicket ticket{.key = {},
                             .identity = {.tool = known_tool->digest,
                                          .definition = known_tool->definition.parts,
                                          .inputs = {},
                                          .environment = {}},
                             .job = job,
                             .step = step_of(job),
                             .inputs = evaluation.inputs,
                             .image = evaluation.image ? evaluation.image->text : std::string()};
  core::Object environment = visible(known_tool->definition, allotment);
  ALVEUS_TRY_ASSIGN(std::string image, content_of(evaluation.image, cache_.checksums()));
  if (!image.empty()) environment.append("image", core::Value(std::move(image)));
  ticket.identity.environment = std::move(environment);
  ALVEUS_TRY_ASSIGN(ticket.identity.inputs, store::describe_inputs(evaluation.inputs, cache_.checksums()));
  ticket.key = store::key_of(ticket.identity);
  return ticket;
}

ReuseAnswer CacheReuse::look_up(const core::JobId& job, const flow::Tool& tool, const Evaluation& evaluation) {
  auto ticket = ticket_of(job, tool, evaluation);
  if (!ticket) return refused("its inputs cannot be compared: " + ticket.error().text());
  ReuseAnswer answer{.ticket = std::make_shared<store::ResultTicket>(std::move(*ticket)), .refusal = {}, .found = {}};
  auto found = options_.only_peeks ? cache_.peek(answer.ticket->key) : cache_.find(answer.ticket->key);
  if (found) {
    answer.found = std::move(*found);
  } else if (options_.on_trouble) {
    options_.on_trouble(std::move(found).error().with("while looking for a result in the cache; the job runs"));
  }
  return answer;
}

void CacheReuse::keep(const store::ResultTicket& ticket, const core::Value& outputs) {
  if (options_.only_peeks) return;
  const auto inputs_now = store::describe_inputs(ticket.inputs, cache_.checksums());
  core::Status kept;
  if (!inputs_now || *inputs_now != ticket.identity.inputs) {
    kept = core::fail(core::ErrorCode::kInvalidInput,
                      "an input of the job '" + ticket.job.text() + "' changed while it ran");
  } else {
    kept = cache_.keep(ticket, outputs, clock_.wall());
  }
  if (!kept && options_.on_trouble) {
    options_.on_trouble(std::move(kept).error().with("its result is not kept in the cache; the run goes on"));
  }
}

bool changes_inputs(const flow::Process& process) {
  if (const auto* tool = std::get_if<std::shared_ptr<const flow::Tool>>(&process.body))
    return (*tool)->changes_inputs();
  return std::ranges::any_of(std::get<flow::Workflow>(process.body).steps,
                             [](const flow::Step& step) { return changes_inputs(*step.process); });
}

}  // namespace alveus::engine
