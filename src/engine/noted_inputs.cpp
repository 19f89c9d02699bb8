// SPDX-License-Identifier: Apache-2.0
#include "engine/noted_inputs.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/hash.hpp"
#include "core/json.hpp"

namespace alveus::engine {
namespace {

constexpr std::size_t kWholeBytesMax = 2048;    // an input object up to this stands as it is
constexpr std::size_t kMemberBytesMax = 512;    // of a larger one, members above this stand elsewhere
constexpr std::size_t kLiteralBytesMax = 4096;  // of the contents of a literal

constexpr std::array<std::string_view, 7> kDataMembers = {"class", "location", "path",  "basename",
                                                          "size",  "checksum", "format"};

core::Value noted(const core::Value& value);

core::Value noted_list(const core::Array& items) {
  core::Array list;
  list.reserve(items.size());
  for (const core::Value& item : items) list.push_back(noted(item));
  return list;
}

core::Value noted_data(const core::Value& data) {
  core::Object kept;
  const bool has_place = data.find("location") != nullptr;
  for (const std::string_view name : kDataMembers) {
    if (name == "path" && has_place) continue;  // where the job sees it
    if (const core::Value* member = data.find(name); member != nullptr && !member->is_null()) {
      kept.append(std::string(name), *member);
    }
  }
  if (const core::Value* beside = data.find("secondaryFiles"); beside != nullptr && beside->is_array()) {
    if (!beside->as_array().empty()) kept.append("secondaryFiles", noted_list(beside->as_array()));
  }
  if (has_place) return kept;
  if (const core::Value* listing = data.find("listing"); listing != nullptr && listing->is_array()) {
    kept.append("listing", noted_list(listing->as_array()));
  }
  if (const core::Value* contents = data.find("contents"); contents != nullptr && contents->is_string()) {
    kept.append("contents", contents->as_string().substr(0, kLiteralBytesMax));
  }
  return kept;
}

core::Value noted(const core::Value& value) {
  if (value.is_array()) return noted_list(value.as_array());
  if (!value.is_object()) return value;
  const std::string kind = value.string_or("class", "");
  if (kind == "File" || kind == "Directory") return noted_data(value);
  core::Object members;
  for (const auto& [name, member] : value.as_object()) members.append(name, noted(member));
  return members;
}

}  // namespace

NotedInputs note_inputs(const core::Value& inputs, std::string_view inputs_json) {
  NotedInputs result{.inputs = core::Object{}, .large = {}};
  if (!inputs.is_object()) return result;
  core::Object& members = result.inputs.mutable_object();
  for (const auto& [name, value] : inputs.as_object()) {
    if (value.is_null()) continue;
    core::Value kept = noted(value);
    if (inputs_json.size() > kWholeBytesMax && (kept.is_array() || kept.is_object() || kept.is_string())) {
      const std::string text = core::to_json(kept);
      if (text.size() > kMemberBytesMax) {
        std::string hash = core::hash_text(core::HashKind::kSha256, text);
        members.append(name, core::Object{{"$noted", hash}});
        result.large.push_back({.hash = std::move(hash), .value = std::move(kept)});
        continue;
      }
    }
    members.append(name, std::move(kept));
  }
  return result;
}

}  // namespace alveus::engine
