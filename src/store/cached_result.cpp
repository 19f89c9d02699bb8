// SPDX-License-Identifier: Apache-2.0
#include "store/cached_result.hpp"

#include <algorithm>

#include "core/hash.hpp"
#include "core/json.hpp"

namespace alveus::store {
namespace {

/// Goes into every key: another way to describe a job gives other keys.
constexpr int kDescriptionVersion = 1;

core::Value sorted(const core::Value& value) {
  if (!value.is_object()) return value;
  std::vector<core::Object::Member> members(value.as_object().begin(), value.as_object().end());
  std::ranges::sort(members, {}, &core::Object::Member::first);
  core::Object object;
  for (auto& [name, member] : members) object.append(std::move(name), std::move(member));
  return object;
}

}  // namespace

std::string digest_of(const core::Value& definition) {
  return core::hash_text(core::HashKind::kSha256, core::to_json(sorted(definition)));
}

std::string key_of(const ResultIdentity& identity) {
  const core::Value description = core::Object{{"version", kDescriptionVersion},
                                               {"tool", identity.tool},
                                               {"inputs", sorted(identity.inputs)},
                                               {"environment", sorted(identity.environment)}};
  return core::hash_text(core::HashKind::kSha256, core::to_json(description));
}

}  // namespace alveus::store
