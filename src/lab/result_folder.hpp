// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "core/result.hpp"
#include "sys/file.hpp"

namespace alveus::lab {

/// The folder a command writes. It appears whole or not at all: the files are written into a neighbour, which `commit`
/// puts in place of what an earlier call of the same command left.
class ResultFolder {
 public:
  /// `out` may be absent, empty, or hold the file `mark` that the command always writes; anything else is not ours to
  /// replace: kInvalidInput.
  static core::Result<ResultFolder> make(const std::filesystem::path& out, std::string mark);

  /// Where to write.
  const std::filesystem::path& path() const { return made_.path(); }
  core::Status commit();

 private:
  ResultFolder(std::filesystem::path out, std::string mark, sys::TemporaryDirectory made)
      : out_(std::move(out)), mark_(std::move(mark)), made_(std::move(made)) {}

  std::filesystem::path out_;
  std::string mark_;
  sys::TemporaryDirectory made_;
};

}  // namespace alveus::lab
