// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"

namespace alveus::deploy {

/// Which program starts containers. kAuto: the first that works, in the order of the others.
enum class EngineChoice { kAuto, kPodman, kDocker, kApptainer, kSingularity, kNone };

enum class EngineKind { kPodman, kDocker, kApptainer, kSingularity };

/// A container engine that was found on a site.
struct ContainerEngine {
  EngineKind kind = EngineKind::kPodman;
  std::string program;  ///< "podman"; a program called docker may well be podman
  std::string user_id;  ///< of whoever runs it on the site, in digits
  std::string group_id;
  bool is_rootless = false;                        ///< its root is the user outside
  std::map<std::string, std::string> environment;  ///< what the program itself needs; nothing of it reaches a job
};

enum class ContainerNeed {
  kHint,      ///< where it cannot be had the job runs without
  kRequired,  ///< else the job fails
};

/// Where an image comes from; the fields of DockerRequirement, empty where they are not given.
struct ImageSource {
  ContainerNeed need = ContainerNeed::kRequired;
  std::string id;      ///< dockerImageId: the name that the image has, or is to get
  std::string pull;    ///< dockerPull: its name in a registry
  std::string load;    ///< dockerLoad: path or URI of a saved image
  std::string import;  ///< dockerImport: path or URI of an archived root file system
  std::string file;    ///< dockerFile: the text of a Dockerfile

  friend auto operator<=>(const ImageSource&, const ImageSource&) = default;
};

/// What tells an image from every other, whatever it is called and whether or not it is there.
struct ImageIdentity {
  std::string text;      ///< the digest that dockerPull pins it to, else the engine's id or the path of an image file
  bool is_file = false;  ///< the last of these

  friend bool operator==(const ImageIdentity&, const ImageIdentity&) = default;
};

/// An image that is there to be run.
struct ContainerImage {
  std::shared_ptr<const ContainerEngine> engine;
  std::string name;         ///< as the document has it, for people
  std::string reference;    ///< as the engine takes it: the id, which names the content, or the path of an image file
  bool is_file = false;     ///< which of the two
  std::string digest = {};  ///< see `pinned_digest`

  ImageIdentity identity() const {
    return digest.empty() ? ImageIdentity{.text = reference, .is_file = is_file} : ImageIdentity{.text = digest};
  }
};

enum class MountAccess { kRead, kWrite };

/// A file or directory of the site at a place in the container.
struct ContainerMount {
  core::RemotePath source;
  core::RemotePath target;
  MountAccess access = MountAccess::kRead;

  friend bool operator==(const ContainerMount&, const ContainerMount&) = default;
};

/// What a command needs around it to run in a container. Parents of a mount come before it.
struct JobContainer {
  ContainerImage image;
  std::string name;  ///< tells it from the run's other containers
  std::vector<ContainerMount> mounts;
  core::RemotePath working_directory;  ///< in the container
  bool has_network = false;
  std::string shm_size =
      {};  ///< of /dev/shm, "512m"; empty: what the engine gives. Not of apptainer, which has the site's
  std::vector<std::string> gpus;  ///< devices that the job may use, as the site numbers or names them
  core::RemotePath id_file;       ///< where the engine writes its id; empty: nowhere
  core::RemotePath process_file;  ///< where podman writes the number of its first process; empty: nowhere

  /// Where a path of the container lies on the site, by the deepest mount that holds it; empty when none does.
  core::RemotePath site_path_of(const core::RemotePath& path) const;
};

/// The label that every container of a run bears: "alveus.run=<run id>".
std::string container_label(std::string_view run);

}  // namespace alveus::deploy
