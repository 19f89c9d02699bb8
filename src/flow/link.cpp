// SPDX-License-Identifier: Apache-2.0
#include "flow/link.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace alveus::flow {
namespace {

core::Value merge(const Link& link, std::vector<core::Value> sources) {
  if (sources.empty()) return {};
  if (sources.size() == 1 && !link.is_list) return std::move(sources.front());
  if (link.merge == LinkMerge::kNested) return core::Array(std::move(sources));
  core::Array flat;
  for (core::Value& source : sources) {
    if (source.is_array()) {
      flat.insert(flat.end(), source.as_array().begin(), source.as_array().end());
    } else {
      flat.push_back(std::move(source));
    }
  }
  return flat;
}

auto refused(const Link& link, std::string message) {
  return core::fail({.code = core::ErrorCode::kInvalidInput,
                     .message = std::move(message),
                     .where = link.where,
                     .context = link.excerpt});
}

}  // namespace

core::Result<core::Value> merge_link(const Link& link, std::vector<core::Value> sources, std::string_view sink) {
  core::Value merged = merge(link, std::move(sources));
  if (link.pick == PickValue::kNone || !merged.is_array()) return merged;

  core::Array present;
  std::ranges::copy_if(merged.as_array(), std::back_inserter(present),
                       [](const core::Value& value) { return !value.is_null(); });
  if (link.pick == PickValue::kAllNonNull) return core::Value(std::move(present));
  if (present.empty()) {
    const bool is_first = link.pick == PickValue::kFirstNonNull;
    return refused(link, "all sources of '" + std::string(sink) + "' are null, but pickValue: " +
                             (is_first ? "first_non_null" : "the_only_non_null") + " needs one that is not");
  }
  if (link.pick == PickValue::kTheOnlyNonNull && present.size() > 1) {
    return refused(link, "only one source of '" + std::string(sink) +
                             "' may be non-null (pickValue: the_only_non_null); " + std::to_string(present.size()) +
                             " are");
  }
  return std::move(present.front());
}

}  // namespace alveus::flow
