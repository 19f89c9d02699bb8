// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/result.hpp"
#include "core/value.hpp"
#include "cwl/source.hpp"

namespace alveus::cli {

/// Everything a run was loaded from: with it a run goes on, or is told about, after its documents changed or went.
/// docs/internals/run-folder.md describes the form on disk.
struct DocumentSnapshot {
  std::string process;                                ///< URI, with the fragment that picks the process
  std::optional<core::Value> requirements;            ///< `cwl:requirements` of the input object
  core::Value inputs;                                 ///< with absolute locations
  std::map<std::string, document::Source> documents;  ///< by URI: all texts that were read, as they were

  /// Replaces the file in one step. Keep it where this user alone may read: inputs can be private.
  core::Status write(const std::filesystem::path& file) const;
  /// kNotFound; kCorrupt when it is no snapshot; kUnsupported when a newer version wrote it.
  static core::Result<DocumentSnapshot> read(const std::filesystem::path& file);
};

/// Passes on what another source serves, and remembers it.
class RecordingSource final : public cwl::DocumentSource {
 public:
  explicit RecordingSource(cwl::DocumentSource& source) : source_(source) {}  // borrowed, outlives this
  core::Result<document::Source> fetch(const std::string& uri) override;
  std::map<std::string, document::Source> take_documents() { return std::move(documents_); }

 private:
  cwl::DocumentSource& source_;
  std::map<std::string, document::Source> documents_;
};

/// Serves the documents of a snapshot and nothing else.
class SnapshotSource final : public cwl::DocumentSource {
 public:
  explicit SnapshotSource(const DocumentSnapshot& snapshot) : snapshot_(snapshot) {}  // borrowed, outlives this
  core::Result<document::Source> fetch(const std::string& uri) override;

 private:
  const DocumentSnapshot& snapshot_;
};

}  // namespace alveus::cli
