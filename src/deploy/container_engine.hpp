// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "deploy/connector.hpp"
#include "deploy/container.hpp"

namespace alveus::deploy {

// The command lines of the engines, as pure functions: nothing here runs or looks at anything. Each argument is one
// word of a vector; no shell reads it.

/// The name of a container: "alveus-<run>-<job>".
std::string container_name(std::string_view run, std::string_view job);

/// The command that a site runs in place of `command`, which has a container: the engine's client. Streams, log, time
/// limit and the client's working directory stay; the environment becomes the engine's own, since the job's goes into
/// the container.
SiteCommand engine_command(const SiteCommand& command, std::string_view run);

/// Whether containers outlive the client that started them, so that they must be ended by name.
bool has_detached_containers(EngineKind kind);
/// Asks a container to end, and ends it two seconds later.
std::vector<std::string> stop_arguments(const ContainerEngine& engine, const std::string& container);
/// Ends it at once. Takes more names at the end.
std::vector<std::string> kill_arguments(const ContainerEngine& engine);
/// Forgets it. Takes more names at the end.
std::vector<std::string> remove_arguments(const ContainerEngine& engine);
/// Prints the ids of all containers of a run, whatever their state.
std::vector<std::string> list_arguments(const ContainerEngine& engine, std::string_view run);

/// How an image gets to a site that lacks it. Of several fields the first of dockerPull, dockerFile, dockerLoad and
/// dockerImport counts.
enum class ImageOrigin { kPulled, kBuilt, kLoaded, kImported, kNowhere };
ImageOrigin origin_of(const ImageSource& source);
/// The names that an image of this source may have on a site that holds it, the likeliest first. What is built is known
/// by the hash of its text, so an edited Dockerfile is built anew. None for a saved image that is not named.
std::vector<std::string> image_names(const ImageSource& source);
/// "sha256:…" where dockerPull names the image by its digest ("debian@sha256:…") and nothing else may stand for it:
/// what is pulled is then known before it is there. Else empty.
std::string pinned_digest(const ImageSource& source);
/// kInvalidInput for a name that an engine would read as an option or that no image can have; kUnsupported for a source
/// that the engine has no way to use.
core::Status check_source(const ContainerEngine& engine, const ImageSource& source);
/// The file that holds an image of apptainer, in a directory for them: the name, with what may stand in no file name
/// replaced, and the begin of its hash.
std::string image_file_name(std::string_view image);

/// Prints the digest of an image, or fails where it is not there. Not for apptainer.
std::vector<std::string> inspect_arguments(const ContainerEngine& engine, const std::string& image);
/// Gets the image: pulls, loads, imports or builds. `place`: for apptainer the file to make; for a build the directory
/// with the Dockerfile.
std::vector<std::string> obtain_arguments(const ContainerEngine& engine, const ImageSource& source,
                                          const core::RemotePath& place);
/// The path of "file:///a%20b" or "/a b"; empty for a URI of another scheme.
std::string local_path_of(const std::string& path_or_uri);
/// The name of the image that `docker load` or `podman load` says it loaded; empty when it says none.
std::string loaded_image(std::string_view output);
/// Why an image could not be had, by what the engine said: kUnavailable when another try may help (no network, a busy
/// registry), kNotFound for an image that is not there, kDenied without the right to it; else kInvalidInput.
core::ErrorCode classify_refusal(std::string_view engine_said);

/// `docker --version` of a docker that is podman under another name.
bool is_podman_in_disguise(std::string_view version);

}  // namespace alveus::deploy
