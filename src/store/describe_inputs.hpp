// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "store/file_checksums.hpp"

namespace alveus::store {

/// An input object by its contents alone, whatever its files are called on the way to them and whenever they were
/// written:
/// - a File is its basename, the SHA-256 and size of its bytes (a literal's too) and its secondary files;
/// - a Directory is its basename and all that lies in it, by name;
/// - every other member of either (format, metadata of the user) and every other value stays.
/// Errors of FileChecksums; kUnsupported for data that do not lie on this machine.
core::Result<core::Value> describe_inputs(const core::Value& inputs, FileChecksums& checksums);

/// The path of a "file:" URI of this machine. kUnsupported for another URI.
core::Result<std::filesystem::path> local_path(const core::Location& location);

}  // namespace alveus::store
