// SPDX-License-Identifier: Apache-2.0
#include "deploy/container_engine.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "core/check.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"

namespace alveus::deploy {
namespace {

using Words = std::vector<std::string>;

bool is_apptainer(EngineKind kind) { return kind == EngineKind::kApptainer || kind == EngineKind::kSingularity; }

/// One field of a comma-separated line, in quotes where it needs them: so engines read --mount.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char character : text) {
    if (character == '"') quoted += '"';
    quoted += character;
  }
  return quoted + "\"";
}

std::string mount_text(const ContainerMount& mount) {
  std::string text =
      "type=bind," + csv_field("source=" + mount.source.text()) + "," + csv_field("destination=" + mount.target.text());
  if (mount.access == MountAccess::kRead) text += ",ro";
  return text;
}

/// podman knows devices by CDI, a word each; docker takes one list, in quotes since it holds commas.
void add_gpus(const JobContainer& container, Words& words) {
  if (container.gpus.empty()) return;
  if (container.image.engine->kind == EngineKind::kPodman) {
    for (const std::string& gpu : container.gpus) words.push_back("--device=nvidia.com/gpu=" + gpu);
    return;
  }
  std::string list;
  for (const std::string& gpu : container.gpus) list += (list.empty() ? "" : ",") + gpu;
  words.push_back("--gpus=\"device=" + list + "\"");
}

/// The arguments of `docker run` and `podman run`. The container's root is read-only; what it may write are its mounts.
Words run_arguments(const SiteCommand& command, const JobContainer& container, std::string_view run) {
  const ContainerEngine& engine = *container.image.engine;
  const bool is_podman = engine.kind == EngineKind::kPodman;
  Words words = {engine.program,
                 "run",
                 "--rm",
                 "--name=" + container_name(run, container.name),
                 "--label=" + container_label(run),
                 "--pull=never",  // it is there, and every job of the run gets the same
                 "--read-only",
                 "--log-driver=none",              // the streams are ours; a copy of them would fill the engine's disk
                 "--security-opt=label=disable"};  // no relabelling of people's files for SELinux
  const bool root_is_user = engine.is_rootless && !is_podman;
  words.push_back(root_is_user ? "--user=0:0" : "--user=" + engine.user_id + ":" + engine.group_id);
  if (is_podman && engine.is_rootless) words.push_back("--userns=keep-id");
  if (!container.has_network) words.push_back("--network=none");
  if (!container.id_file.empty()) words.push_back("--cidfile=" + container.id_file.text());
  if (!container.process_file.empty()) words.push_back("--pidfile=" + container.process_file.text());
  if (!container.shm_size.empty()) words.push_back("--shm-size=" + container.shm_size);
  if (command.stdin_path) words.push_back("--interactive");
  add_gpus(container, words);
  if (command.memory_limit_bytes > 0) words.push_back("--memory=" + std::to_string(command.memory_limit_bytes) + "b");
  words.push_back("--workdir=" + container.working_directory.text());
  for (const auto& [name, value] : command.environment) {
    // Inside, the devices are numbered anew, and there are no others.
    const bool is_misleading = name == "CUDA_VISIBLE_DEVICES" && !container.gpus.empty();
    if (!is_misleading) words.push_back("--env=" + name + "=" + value);
  }
  for (const ContainerMount& mount : container.mounts) words.push_back("--mount=" + mount_text(mount));
  words.push_back(container.image.reference);
  return words;
}

/// The arguments of `apptainer exec`; the same for singularity. HOME can only be set with what is mounted there, which
/// is the working directory.
Words exec_arguments(const JobContainer& container) {
  Words words = {container.image.engine->program, "--quiet", "exec", "--containall", "--cleanenv"};
  for (const ContainerMount& mount : container.mounts) {
    if (mount.target == container.working_directory) {
      words.insert(words.end(), {"--home", mount.source.text() + ":" + mount.target.text()});
    } else {
      words.insert(words.end(), {"--mount", mount_text(mount)});
    }
  }
  words.insert(words.end(), {"--pwd", container.working_directory.text()});
  if (!container.has_network) words.insert(words.end(), {"--net", "--network", "none"});
  if (!container.gpus.empty()) words.emplace_back("--nv");
  words.push_back(container.image.reference);
  return words;
}

Words with_program(const ContainerEngine& engine, std::initializer_list<std::string> rest) {
  Words words = {engine.program};
  words.insert(words.end(), rest);
  return words;
}

std::string short_hash(std::string_view text) {
  constexpr std::size_t kDigits = 24;
  return core::hash_text(core::HashKind::kSha256, text).substr(0, kDigits);
}

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& character : lowered) {
    if (character >= 'A' && character <= 'Z') character = static_cast<char>(character - 'A' + 'a');
  }
  return lowered;
}

bool says_any(const std::string& text, std::initializer_list<std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

}  // namespace

core::RemotePath JobContainer::site_path_of(const core::RemotePath& path) const {
  const ContainerMount* deepest = nullptr;
  for (const ContainerMount& mount : mounts) {
    const std::string& target = mount.target.text();
    const bool holds = path.text() == target || path.text().starts_with(target + "/");
    if (holds && (deepest == nullptr || target.size() >= deepest->target.text().size())) deepest = &mount;
  }
  if (deepest == nullptr) return {};
  return core::RemotePath(deepest->source.text() + path.text().substr(deepest->target.text().size()));
}

std::string container_label(std::string_view run) { return "alveus.run=" + std::string(run); }

std::string container_name(std::string_view run, std::string_view job) {
  return "alveus-" + std::string(run) + "-" + std::string(job);
}

SiteCommand engine_command(const SiteCommand& command, std::string_view run) {
  ALVEUS_CHECK(command.container.has_value(), "only a command with a container needs an engine");
  const JobContainer& container = *command.container;
  const ContainerEngine& engine = *container.image.engine;
  SiteCommand outside = command;
  outside.container.reset();
  outside.environment = engine.environment;
  if (is_apptainer(engine.kind)) {
    outside.arguments = exec_arguments(container);
    const std::string prefix = engine.kind == EngineKind::kApptainer ? "APPTAINERENV_" : "SINGULARITYENV_";
    for (const auto& [name, value] : command.environment) {
      if (name != "HOME") outside.environment[prefix + name] = value;
    }
  } else {
    outside.arguments = run_arguments(command, container, run);
    // The client is not the job.
    outside.memory_limit_bytes = 0;
    outside.memory_expected_bytes = 0;
  }
  outside.arguments.insert(outside.arguments.end(), command.arguments.begin(), command.arguments.end());
  return outside;
}

bool has_detached_containers(EngineKind kind) { return !is_apptainer(kind); }

Words stop_arguments(const ContainerEngine& engine, const std::string& container) {
  return with_program(engine, {"stop", "--time", "2", container});
}

Words kill_arguments(const ContainerEngine& engine) { return with_program(engine, {"kill"}); }

Words remove_arguments(const ContainerEngine& engine) { return with_program(engine, {"rm", "--force"}); }

Words list_arguments(const ContainerEngine& engine, std::string_view run) {
  return with_program(engine, {"ps", "--all", "--quiet", "--no-trunc", "--filter", "label=" + container_label(run)});
}

ImageOrigin origin_of(const ImageSource& source) {
  if (!source.pull.empty()) return ImageOrigin::kPulled;
  if (!source.file.empty()) return ImageOrigin::kBuilt;
  if (!source.load.empty()) return ImageOrigin::kLoaded;
  return source.import.empty() ? ImageOrigin::kNowhere : ImageOrigin::kImported;
}

Words image_names(const ImageSource& source) {
  Words names;
  const ImageOrigin origin = origin_of(source);
  if (origin == ImageOrigin::kBuilt) return {"localhost/alveus/build:" + short_hash(source.file)};
  if (!source.id.empty()) names.push_back(source.id);
  if (origin == ImageOrigin::kPulled && source.pull != source.id) names.push_back(source.pull);
  if (names.empty() && origin == ImageOrigin::kImported) {
    names.push_back("localhost/alveus/import:" + short_hash(source.import));
  }
  return names;
}

std::string pinned_digest(const ImageSource& source) {
  constexpr std::string_view kKind = "sha256:";
  constexpr std::size_t kHexDigits = 64;
  if (!source.id.empty() && source.id != source.pull) return {};
  const auto at = source.pull.rfind('@');
  if (at == std::string::npos) return {};
  const std::string digest = source.pull.substr(at + 1);
  if (!digest.starts_with(kKind) || digest.size() != kKind.size() + kHexDigits) return {};
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return std::all_of(digest.begin() + kKind.size(), digest.end(), is_hex) ? digest : std::string();
}

core::Status check_source(const ContainerEngine& engine, const ImageSource& source) {
  using core::ErrorCode;
  for (const std::string* name : {&source.id, &source.pull, &source.load, &source.import}) {
    const bool has_control = std::ranges::any_of(*name, [](char c) { return static_cast<unsigned char>(c) <= ' '; });
    if (!name->starts_with('-') && !has_control) continue;
    return core::fail(ErrorCode::kInvalidInput, "'" + *name + "' in DockerRequirement names no image");
  }
  const ImageOrigin origin = origin_of(source);
  if (origin == ImageOrigin::kNowhere && source.id.empty()) {
    return core::fail(ErrorCode::kInvalidInput,
                      "DockerRequirement names no image; it needs dockerPull, dockerImageId, dockerFile, dockerLoad or "
                      "dockerImport");
  }
  if (origin == ImageOrigin::kLoaded && local_path_of(source.load).empty()) {
    return core::fail(ErrorCode::kUnsupported, "dockerLoad takes a file or one of the web that can be fetched, not '" +
                                                   source.load + "'; name the image by dockerPull");
  }
  const bool is_made = origin == ImageOrigin::kBuilt || origin == ImageOrigin::kImported;
  if (!is_apptainer(engine.kind) || !is_made) return {};
  return core::fail(ErrorCode::kUnsupported,
                    engine.program +
                        (origin == ImageOrigin::kBuilt ? " builds no Dockerfile" : " imports no root file system") +
                        "; use podman or docker, or name an image by dockerPull");
}

std::string image_file_name(std::string_view image) {
  constexpr std::size_t kReadableMax = 100;
  std::string name;
  for (const char character : image.substr(0, kReadableMax)) {
    const bool is_plain = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
                          (character >= '0' && character <= '9') || character == '.' || character == '-';
    name += is_plain ? character : '_';
  }
  return name + "-" + short_hash(image).substr(0, 8) + ".sif";
}

Words inspect_arguments(const ContainerEngine& engine, const std::string& image) {
  return with_program(engine, {"image", "inspect", "--format", "{{.Id}}", image});
}

Words obtain_arguments(const ContainerEngine& engine, const ImageSource& source, const core::RemotePath& place) {
  const bool is_file = is_apptainer(engine.kind);
  switch (origin_of(source)) {
    case ImageOrigin::kPulled: {
      if (!is_file) return with_program(engine, {"pull", "--quiet", source.pull});
      const bool has_scheme = source.pull.find("://") != std::string::npos;
      return with_program(engine, {"pull", place.text(), (has_scheme ? "" : "docker://") + source.pull});
    }
    case ImageOrigin::kLoaded: {
      const std::string path = local_path_of(source.load);
      if (is_file) return with_program(engine, {"build", place.text(), "docker-archive:" + path});
      return with_program(engine, {"load", "--input", path});
    }
    case ImageOrigin::kBuilt: {
      Words words = with_program(engine, {"build", "--tag", image_names(source).front()});
      if (!source.id.empty()) words.insert(words.end(), {"--tag", source.id});
      words.insert(words.end(), {"--file", place.text() + "/Dockerfile", place.text()});
      return words;
    }
    case ImageOrigin::kImported: {
      const std::string path = local_path_of(source.import);
      return with_program(engine, {"import", path.empty() ? source.import : path, image_names(source).front()});
    }
    case ImageOrigin::kNowhere: break;
  }
  return {};
}

std::string local_path_of(const std::string& path_or_uri) {
  for (const std::string_view prefix : {"file:///", "file://localhost/", "file:/"}) {
    if (path_or_uri.starts_with(prefix)) {
      return core::decode_uri(std::string_view(path_or_uri).substr(prefix.size() - 1));
    }
  }
  return path_or_uri.find("://") == std::string::npos ? path_or_uri : std::string();
}

std::string loaded_image(std::string_view output) {
  constexpr std::array<std::string_view, 3> kBegins = {"Loaded image: ", "Loaded image ID: ", "Loaded image(s): "};
  for (const std::string& line : core::split(output, '\n')) {
    for (const std::string_view begin : kBegins) {
      if (!line.starts_with(begin)) continue;
      const std::string names(core::trim(std::string_view(line).substr(begin.size())));
      return names.substr(0, names.find(','));
    }
  }
  return {};
}

core::ErrorCode classify_refusal(std::string_view engine_said) {
  const std::string text = lower(engine_said);
  if (says_any(text, {"no such host", "timeout", "timed out", "connection refused", "connection reset",
                      "toomanyrequests", "too many requests", "rate limit", "temporary failure",
                      "network is unreachable", "no route to host", "unexpected eof", "bad gateway",
                      "service unavailable", "no space left", "cannot connect to the docker daemon"})) {
    return core::ErrorCode::kUnavailable;
  }
  if (says_any(text, {"manifest unknown", "not found", "no such file", "no such image", "image not known",
                      "name unknown", "does not exist", "repository name not known"})) {
    return core::ErrorCode::kNotFound;
  }
  if (says_any(text, {"denied", "unauthorized", "authentication required", "forbidden"})) {
    return core::ErrorCode::kDenied;
  }
  return core::ErrorCode::kInvalidInput;
}

bool is_podman_in_disguise(std::string_view version) { return lower(version).find("podman") != std::string::npos; }

}  // namespace alveus::deploy
