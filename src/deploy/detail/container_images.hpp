// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "deploy/container_runtime.hpp"
#include "deploy/detail/site_program.hpp"

namespace alveus::deploy::detail {

/// Finds the engine of a site and brings images there. Blocks; safe from several threads.
class ContainerImages {
 public:
  /// `site` is borrowed and outlives this.
  ContainerImages(Connector& site, ContainerOptions options);

  core::Result<std::shared_ptr<const ContainerEngine>> engine();
  core::Result<std::optional<ContainerImage>> prepare(const ImageSource& source);
  core::Result<bool> can_contain(const ImageSource& source);
  core::Result<std::optional<ContainerImage>> find_only(const ImageSource& source);

 private:
  using EngineResult = core::Result<std::shared_ptr<const ContainerEngine>>;
  using ImageResult = core::Result<std::optional<ContainerImage>>;

  /// What came of one source. Those who ask while another tries take what it gets.
  struct Slot {
    std::mutex busy;
    std::optional<ImageResult> result;
    int tries = 0;
  };

  enum class WhenMissing { kObtain, kFail };

  EngineResult find_engine();
  /// Empty: it is not installed.
  core::Result<std::shared_ptr<const ContainerEngine>> probe(EngineKind kind);
  /// Ends the containers that an earlier controller of the run left.
  core::Status end_all(const ContainerEngine& engine);
  core::Status ask_for_user(ContainerEngine& engine);
  ImageResult prepare_once(const ImageSource& source);
  core::Result<ContainerImage> find_or_obtain(const ImageSource& source, WhenMissing when_missing);
  /// What has no name gets one by the hash of its file, where the engine gives it none.
  core::Result<ImageSource> with_name(const ContainerEngine& engine, ImageSource source);
  /// Empty: it is not there.
  core::Result<std::string> find(const ContainerEngine& engine, const std::vector<std::string>& names);
  core::Result<std::string> find_file(const std::vector<std::string>& names);
  core::Result<std::string> obtain(const ContainerEngine& engine, const ImageSource& source);
  core::Result<std::string> obtain_file(const ContainerEngine& engine, const ImageSource& source);
  core::Result<ProgramEnd> run_obtaining(const ContainerEngine& engine, const ImageSource& source,
                                         const core::RemotePath& place);
  void tell(const std::string& text) const;
  bool is_binding(const ImageSource& source) const;
  core::RemotePath image_file(const std::string& name) const;

  Connector& site_;
  ContainerOptions options_;
  SitePrograms programs_;
  std::mutex engine_busy_;
  std::optional<EngineResult> engine_;  // guarded by engine_busy_
  std::mutex slots_busy_;
  std::map<ImageSource, std::shared_ptr<Slot>> slots_;  // guarded by slots_busy_
};

}  // namespace alveus::deploy::detail
