// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.hpp"

namespace alveus::transfer::detail {

/// "a_2.txt" for "a.txt" and 2; "dir_2" for a directory; ".profile_2". A number of 1 changes nothing.
std::string numbered(std::string_view name, int number);

/// The name that belongs to `primary` with a number, for a name that belongs to it without: "a_2.bam.bai" and "a_2.bai"
/// for "a.bam.bai" and "a.bai" beside "a.bam". A name that only stands beside it gets the number for itself.
std::string numbered_beside(std::string_view primary, std::string_view name, int number);

/// The names that this delivery gave in each directory.
class Names {
 public:
  bool taken(const core::RemotePath& directory, const std::string& name) const {
    return given_.contains({directory.text(), name});
  }
  void take(const core::RemotePath& directory, const std::string& name) { given_.insert({directory.text(), name}); }

 private:
  std::set<std::pair<std::string, std::string>> given_;
};

}  // namespace alveus::transfer::detail
