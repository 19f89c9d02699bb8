// SPDX-License-Identifier: Apache-2.0
#include "deploy/detail/container_images.hpp"

#include <array>
#include <utility>

#include "core/text.hpp"
#include "deploy/container_engine.hpp"

namespace alveus::deploy::detail {
namespace {

using core::ErrorCode;
using core::fail;

/// A daemon that hangs is given up then; a busy machine is not.
constexpr std::chrono::milliseconds kProbeMax{120'000};
constexpr std::chrono::milliseconds kNoLimit{0};

struct Candidate {
  EngineKind kind;
  EngineChoice choice;
  const char* program;
};
constexpr std::array<Candidate, 4> kCandidates = {{
    {EngineKind::kPodman, EngineChoice::kPodman, "podman"},
    {EngineKind::kDocker, EngineChoice::kDocker, "docker"},
    {EngineKind::kApptainer, EngineChoice::kApptainer, "apptainer"},
    {EngineKind::kSingularity, EngineChoice::kSingularity, "singularity"},
}};

constexpr const char* program_of(EngineKind kind) { return kCandidates.at(static_cast<std::size_t>(kind)).program; }

/// The person's environment without what apptainer would take into the container.
std::map<std::string, std::string> engine_environment(std::map<std::string, std::string> environment) {
  std::erase_if(environment, [](const auto& variable) {
    return variable.first.starts_with("APPTAINERENV_") || variable.first.starts_with("SINGULARITYENV_");
  });
  return environment;
}

/// The last line of what an engine said: the ones before it are progress.
std::string reason_of(const ProgramEnd& end) {
  const std::string& text = end.errors.empty() ? end.output : end.errors;
  const std::string last = text.substr(text.rfind('\n') + 1);
  return last.empty() ? "it ended with status " + std::to_string(end.exit_code) : last;
}

const std::string& shown_name(const ImageSource& source) {
  for (const std::string* name : {&source.pull, &source.id, &source.load, &source.import}) {
    if (!name->empty()) return *name;
  }
  static const std::string kBuilt = "of the Dockerfile";
  return kBuilt;
}

}  // namespace

ContainerImages::ContainerImages(Connector& site, ContainerOptions options)
    : site_(site),
      options_(std::move(options)),
      programs_(site, engine_environment(options_.environment), options_.stop) {}

void ContainerImages::tell(const std::string& text) const {
  if (options_.tell) options_.tell(text);
}

/// Who names an engine wants the containers, hints or not.
bool ContainerImages::is_binding(const ImageSource& source) const {
  return source.need == ContainerNeed::kRequired || options_.choice != EngineChoice::kAuto;
}

ContainerImages::EngineResult ContainerImages::engine() {
  const std::scoped_lock lock(engine_busy_);
  if (engine_) return *engine_;
  EngineResult found = find_engine();
  if (found || found.error().code == ErrorCode::kUnsupported) engine_ = found;
  return found;
}

ContainerImages::EngineResult ContainerImages::find_engine() {
  if (options_.choice == EngineChoice::kNone) {
    return fail(ErrorCode::kUnsupported, "containers are switched off; --container auto switches them on");
  }
  std::string reasons;
  ErrorCode code = ErrorCode::kUnsupported;
  for (const Candidate& candidate : kCandidates) {
    if (options_.choice != EngineChoice::kAuto && options_.choice != candidate.choice) continue;
    auto engine = probe(candidate.kind);
    if (engine && *engine && options_.is_resumed) ALVEUS_TRY(end_all(**engine));
    if (engine && *engine) return engine;
    if (!engine && engine.error().code == ErrorCode::kCancelled) return engine;
    if (!engine) code = engine.error().code;
    reasons += (reasons.empty() ? "" : "; ") + std::string(candidate.program) + ": " +
               (engine ? "not installed" : engine.error().message);
  }
  return fail(code, "no container engine works on '" + site_.capacity().name + "' (" + reasons +
                        "); install one of them, or start the daemon of one that is there");
}

ContainerImages::EngineResult ContainerImages::probe(EngineKind kind) {
  auto engine = std::make_shared<ContainerEngine>(ContainerEngine{
      .kind = kind, .program = program_of(kind), .environment = engine_environment(options_.environment)});
  const auto ask = [&](std::vector<std::string> rest) -> core::Result<ProgramEnd> {
    rest.insert(rest.begin(), engine->program);
    auto end = programs_.run(std::move(rest), kProbeMax);
    if (!end || end->exit_code == 0) return end;
    const ErrorCode code = classify_refusal(end->errors);
    return fail(code == ErrorCode::kDenied ? code : ErrorCode::kUnavailable, reason_of(*end));
  };
  auto version = ask({"--version"});
  if (!version && version.error().code == ErrorCode::kNotFound) return std::shared_ptr<const ContainerEngine>();
  if (!version) return fail(std::move(version).error());
  if (kind == EngineKind::kDocker && is_podman_in_disguise(version->output)) engine->kind = EngineKind::kPodman;
  if (engine->kind == EngineKind::kPodman) {
    ALVEUS_TRY_ASSIGN(const ProgramEnd told, ask({"info", "--format", "{{.Host.Security.Rootless}}"}));
    engine->is_rootless = told.output == "true";
  } else if (engine->kind == EngineKind::kDocker) {
    ALVEUS_TRY_ASSIGN(const ProgramEnd told, ask({"info", "--format", "{{json .SecurityOptions}}"}));
    engine->is_rootless = told.output.find("name=rootless") != std::string::npos;
  }
  ALVEUS_TRY(ask_for_user(*engine));
  return std::shared_ptr<const ContainerEngine>(std::move(engine));
}

core::Status ContainerImages::end_all(const ContainerEngine& engine) {
  if (!has_detached_containers(engine.kind)) return {};
  ALVEUS_TRY_ASSIGN(const ProgramEnd found, programs_.run(list_arguments(engine, options_.run), kProbeMax));
  std::vector<std::string> ids;
  for (std::string& id : core::split(found.output, '\n')) {
    if (!id.empty()) ids.push_back(std::move(id));
  }
  if (ids.empty()) return {};
  for (auto arguments : {kill_arguments(engine), remove_arguments(engine)}) {
    arguments.insert(arguments.end(), ids.begin(), ids.end());
    ALVEUS_TRY(programs_.run(std::move(arguments), kProbeMax));
  }
  return {};
}

core::Status ContainerImages::ask_for_user(ContainerEngine& engine) {
  for (const auto& [option, id] : {std::pair{"-u", &engine.user_id}, std::pair{"-g", &engine.group_id}}) {
    ALVEUS_TRY_ASSIGN(const ProgramEnd end, programs_.run({"id", option}, kProbeMax));
    *id = end.output;
  }
  return {};
}

ContainerImages::ImageResult ContainerImages::prepare(const ImageSource& source) {
  const bool is_off = options_.choice == EngineChoice::kNone;
  if (is_off && source.need == ContainerNeed::kHint) return std::optional<ContainerImage>();
  std::shared_ptr<Slot> slot;
  {
    const std::scoped_lock lock(slots_busy_);
    auto& entry = slots_[source];
    if (!entry) entry = std::make_shared<Slot>();
    slot = entry;
  }
  const int tries_before = [&] {
    const std::scoped_lock lock(slots_busy_);
    return slot->tries;
  }();
  const std::scoped_lock busy(slot->busy);
  if (slot->result) {
    const bool may_pass = !*slot->result && slot->result->error().code == ErrorCode::kUnavailable;
    if (!may_pass || slot->tries != tries_before) return *slot->result;
  }
  slot->result = prepare_once(source);
  const std::scoped_lock lock(slots_busy_);
  ++slot->tries;
  return *slot->result;
}

ContainerImages::ImageResult ContainerImages::prepare_once(const ImageSource& source) {
  auto image = find_or_obtain(source, WhenMissing::kObtain);
  if (image) return std::optional<ContainerImage>(*std::move(image));
  if (is_binding(source) || image.error().code == ErrorCode::kCancelled) return fail(std::move(image).error());
  tell("jobs run without the container that a hint of theirs names: " + image.error().message);
  return std::optional<ContainerImage>();
}

core::Result<bool> ContainerImages::can_contain(const ImageSource& source) {
  if (options_.choice == EngineChoice::kNone && source.need == ContainerNeed::kHint) return false;
  const auto found = engine();
  if (!found && (is_binding(source) || found.error().code == ErrorCode::kCancelled)) return fail(found.error());
  return found.has_value();
}

ContainerImages::ImageResult ContainerImages::find_only(const ImageSource& source) {
  ALVEUS_TRY_ASSIGN(const bool has_engine, can_contain(source));
  if (!has_engine) return std::optional<ContainerImage>();
  ALVEUS_TRY_ASSIGN(ContainerImage image, find_or_obtain(source, WhenMissing::kFail));
  return std::optional<ContainerImage>(std::move(image));
}

core::Result<ContainerImage> ContainerImages::find_or_obtain(const ImageSource& source, WhenMissing when_missing) {
  ALVEUS_TRY_ASSIGN(const auto engine, this->engine());
  ALVEUS_TRY(check_source(*engine, source));
  const bool has_files = !has_detached_containers(engine->kind);
  ALVEUS_TRY_ASSIGN(const ImageSource named, with_name(*engine, source));
  const auto names = image_names(named);
  ALVEUS_TRY_ASSIGN(std::string reference, has_files ? find_file(names) : find(*engine, names));
  if (reference.empty() && origin_of(source) == ImageOrigin::kNowhere) {
    return fail(ErrorCode::kNotFound, "there is no image '" + source.id + "' for " + engine->program + " on '" +
                                          site_.capacity().name +
                                          "'; dockerPull would say where to get it, or load it there by hand");
  }
  if (reference.empty() && when_missing == WhenMissing::kFail) {
    return fail(ErrorCode::kNotFound, "the image '" + shown_name(source) + "' is not on '" + site_.capacity().name +
                                          "' yet: a run gets it first");
  }
  if (reference.empty()) {
    ALVEUS_TRY_ASSIGN(reference, has_files ? obtain_file(*engine, named) : obtain(*engine, named));
  }
  return ContainerImage{.engine = engine,
                        .name = shown_name(source),
                        .reference = std::move(reference),
                        .is_file = has_files,
                        .digest = pinned_digest(source)};
}

core::Result<ImageSource> ContainerImages::with_name(const ContainerEngine& engine, ImageSource source) {
  const ImageOrigin origin = origin_of(source);
  const bool is_loaded_file = origin == ImageOrigin::kLoaded && !has_detached_containers(engine.kind);
  if (!source.id.empty() || (origin != ImageOrigin::kImported && !is_loaded_file)) return source;
  const std::string path = local_path_of(is_loaded_file ? source.load : source.import);
  if (path.empty()) return source;
  ALVEUS_TRY_ASSIGN(const std::string digest, site_.sha1(core::RemotePath(path)));
  source.id = (is_loaded_file ? "load:" : "localhost/alveus/import:") + digest;
  return source;
}

core::Result<std::string> ContainerImages::find(const ContainerEngine& engine, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    ALVEUS_TRY_ASSIGN(const ProgramEnd end, programs_.run(inspect_arguments(engine, name), kProbeMax));
    if (end.exit_code == 0 && !end.output.empty()) return end.output.substr(0, end.output.find('\n'));
    const ErrorCode code = classify_refusal(end.errors);
    if (code == ErrorCode::kUnavailable || code == ErrorCode::kDenied) {
      return fail(code, engine.program + " cannot look for the image '" + name + "': " + reason_of(end));
    }
  }
  return std::string();
}

core::RemotePath ContainerImages::image_file(const std::string& name) const {
  if (name.starts_with('/')) return core::RemotePath(name);
  return core::RemotePath(options_.image_directory.text() + "/" + image_file_name(name));
}

core::Result<std::string> ContainerImages::find_file(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const core::RemotePath file = image_file(name);
    const auto there = site_.status(file);
    if (there) return file.text();
    if (there.error().code != ErrorCode::kNotFound) return fail(there.error());
  }
  return std::string();
}

core::Result<ProgramEnd> ContainerImages::run_obtaining(const ContainerEngine& engine, const ImageSource& source,
                                                        const core::RemotePath& place) {
  const bool is_built = origin_of(source) == ImageOrigin::kBuilt;
  const std::string image = (is_built ? "the image " : "the image '") + shown_name(source) + (is_built ? "" : "'");
  tell((is_built ? "building " : "getting ") + image + " with " + engine.program);
  ALVEUS_TRY_ASSIGN(ProgramEnd end, programs_.run(obtain_arguments(engine, source, place), kNoLimit));
  if (end.exit_code == 0) return end;
  core::Error error{
      .code = classify_refusal(end.errors),
      .message = engine.program + " cannot " + (is_built ? "build " : "get ") + image + ": " + reason_of(end),
      .where = {},
      .context = {}};
  if (is_built && error.code != ErrorCode::kUnavailable) error.code = ErrorCode::kInvalidInput;
  return fail(std::move(error));
}

core::Result<std::string> ContainerImages::obtain(const ContainerEngine& engine, const ImageSource& source) {
  core::RemotePath place;
  if (origin_of(source) == ImageOrigin::kBuilt) {
    ALVEUS_TRY_ASSIGN(place, programs_.make_directory());
    ALVEUS_TRY(site_.write(core::RemotePath(place.text() + "/Dockerfile"), source.file));
  }
  ALVEUS_TRY_ASSIGN(const ProgramEnd end, run_obtaining(engine, source, place));
  auto names = image_names(source);
  if (names.empty()) names.push_back(loaded_image(end.output));
  ALVEUS_TRY_ASSIGN(std::string reference, find(engine, names));
  if (!reference.empty()) return reference;
  return fail(ErrorCode::kNotFound, engine.program + " got '" + shown_name(source) + "', but knows no image '" +
                                        names.front() + "' then; what does dockerImageId have to be?");
}

core::Result<std::string> ContainerImages::obtain_file(const ContainerEngine& engine, const ImageSource& source) {
  const core::RemotePath file = image_file(image_names(source).front());
  ALVEUS_TRY(site_.make_directory(options_.image_directory));
  // Another run may want the same file, and a pull may be killed half-way.
  const core::RemotePath part(file.text() + "." + options_.run + ".part");
  ALVEUS_TRY(run_obtaining(engine, source, part));
  ALVEUS_TRY_ASSIGN(const ProgramEnd moved, programs_.run({"mv", "-f", part.text(), file.text()}, kProbeMax));
  if (moved.exit_code == 0) return file.text();
  return fail(ErrorCode::kUnavailable, "cannot make '" + file.text() + "': " + reason_of(moved));
}

}  // namespace alveus::deploy::detail
