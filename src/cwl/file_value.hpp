// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.hpp"
#include "core/value.hpp"
#include "cwl/model.hpp"
#include "flow/data.hpp"

namespace alveus::cwl {

/// CWL §loadContents: at most 64 KiB.
inline constexpr std::size_t kContentsMaxBytes = std::size_t{64} << 10U;

/// True for objects with that `class`.
bool is_file(const core::Value& value);
bool is_directory(const core::Value& value);

/// The last part of a path or URI, percent-decoded when it is a URI.
std::string basename_of(std::string_view location);
/// "a.tar.gz" to {"a.tar", ".gz"}; ".hidden" to {".hidden", ""}.
std::pair<std::string, std::string> split_extension(std::string_view basename);

/// CWL's secondary file pattern applied to a name: each leading "^" takes one extension away, the rest is appended.
std::string apply_pattern(std::string_view name, std::string_view pattern);

/// Sets basename (from location where absent) and, for a File, nameroot and nameext, of one object and of those in its
/// `secondaryFiles` and `listing`.
void name_parts(core::Value& file_or_directory);

/// What becomes of a file longer than 64 KiB: v1.2 makes it a failure, before the rest was left out.
enum class LongContents { kFail, kCut };
LongContents long_contents_of(Version version);
/// Reads the file's text into `contents`. kInvalidInput when it is too long and may not be cut.
core::Status load_contents(core::Value& file, LongContents rule, const flow::DataAccess& access);
/// Fills `listing` of a Directory from where it lies; does nothing when it has one (then below it, for kDeep) or for
/// kNone.
core::Status load_listing(core::Value& directory, LoadListing depth, const flow::DataAccess& access);

/// Calls `visit` for every File and Directory object in `value`, from the outermost inwards; also those in
/// secondaryFiles and listing.
template <typename Visit>
void for_each_file(core::Value& value, const Visit& visit) {
  if (value.is_array()) {
    for (core::Value& item : value.mutable_array()) for_each_file(item, visit);
  } else if (value.is_object()) {
    if (is_file(value) || is_directory(value)) visit(value);
    for (auto& [key, member] : value.mutable_object()) {
      if (member.is_array() || member.is_object()) for_each_file(member, visit);
    }
  }
}

}  // namespace alveus::cwl
