// SPDX-License-Identifier: Apache-2.0
#include "store/cache_comparison.hpp"

#include <algorithm>
#include <utility>

#include "core/json.hpp"

namespace alveus::store {
namespace {

using core::Array;
using core::Object;
using core::Value;

constexpr std::size_t kTextMax = 60;
constexpr const char* kImageMember = "image";

/// A value in a few words.
std::string short_text(const Value& value) {
  std::string text = value.is_string() ? "'" + value.as_string() + "'" : core::to_json(value);
  std::ranges::replace(text, '\n', ' ');
  if (text.size() <= kTextMax) return text;
  text.resize(kTextMax);
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0U) == 0x80U) text.pop_back();
  return text + "…";
}

bool is_data(const Value& value) { return value.find("class") != nullptr && value.find("basename") != nullptr; }

/// Walks two values at once and says where they part.
class Walk {
 public:
  std::vector<std::string> take() { return std::move(lines_); }

  void compare(const std::string& place, const Value& before, const Value& now) {
    if (before == now) return;
    if (is_data(before) && is_data(now)) return compare_data(place, before, now);
    if (before.is_array() && now.is_array()) return compare_items(place, before.as_array(), now.as_array());
    if (before.is_object() && now.is_object()) return compare_members(place + ".", before, now);
    lines_.push_back(place + ": " + short_text(before) + " -> " + short_text(now));
  }

  /// Members of both in the order of `now`; `wrap` makes a place of a name.
  template <typename Wrap>
  void compare_each(const Value& before, const Value& now, const Wrap& wrap) {
    if (now.is_object()) {
      for (const auto& [name, member] : now.as_object()) {
        const Value* was = before.find(name);
        if (was == nullptr) {
          lines_.push_back(wrap(name) + " is new: " + short_text(member));
        } else {
          compare(wrap(name), *was, member);
        }
      }
    }
    if (!before.is_object()) return;
    for (const auto& [name, member] : before.as_object()) {
      if (now.find(name) == nullptr) lines_.push_back(wrap(name) + " is gone; it was " + short_text(member));
    }
  }

 private:
  void compare_members(const std::string& prefix, const Value& before, const Value& now) {
    compare_each(before, now, [&](const std::string& name) { return prefix + name; });
  }

  void compare_items(const std::string& place, const Array& before, const Array& now) {
    if (before.size() != now.size()) {
      lines_.push_back(place + ": " + std::to_string(before.size()) + " -> " + std::to_string(now.size()) + " items");
    }
    for (std::size_t i = 0; i < std::min(before.size(), now.size()); ++i) {
      compare(place + "[" + std::to_string(i) + "]", before[i], now[i]);
    }
  }

  void compare_data(const std::string& place, const Value& before, const Value& now) {
    const std::string name = now.string_or("basename", "");
    if (before.string_or("class", "") != now.string_or("class", "")) {
      lines_.push_back(place + ": a " + before.string_or("class", "") + " -> a " + now.string_or("class", ""));
      return;
    }
    if (before.string_or("basename", "") != name) {
      lines_.push_back(place + ": its name '" + before.string_or("basename", "") + "' -> '" + name + "'");
    }
    if (before.string_or("sha256", "") != now.string_or("sha256", "")) {
      lines_.push_back(place + ": content of " + name + " differs" + sizes(before, now));
    }
    compare_listing(place + "/" + name, before.find("listing"), now.find("listing"));
    for (const auto& [key, member] : now.as_object()) {
      if (key == "basename" || key == "sha256" || key == "size" || key == "listing") continue;
      const Value* was = before.find(key);
      compare(place + "." + key, was == nullptr ? Value() : *was, member);
    }
  }

  static std::string sizes(const Value& before, const Value& now) {
    const Value* was = before.find("size");
    const Value* is = now.find("size");
    if (was == nullptr || is == nullptr || *was == *is) return "";
    return " (" + core::to_json(*was) + " -> " + core::to_json(*is) + " bytes)";
  }

  /// By name: what comes in between must not make all that follows differ.
  void compare_listing(const std::string& place, const Value* before, const Value* now) {
    if (before == nullptr || now == nullptr || !before->is_array() || !now->is_array()) return;
    const auto find = [](const Value& list, const std::string& name) -> const Value* {
      const auto found = std::ranges::find_if(
          list.as_array(), [&](const Value& member) { return member.string_or("basename", "") == name; });
      return found == list.as_array().end() ? nullptr : &*found;
    };
    for (const Value& member : now->as_array()) {
      const std::string name = member.string_or("basename", "");
      const Value* was = find(*before, name);
      if (was == nullptr) lines_.push_back(place + "/" + name + " is new");
      if (was != nullptr) compare(place, *was, member);
    }
    for (const Value& member : before->as_array()) {
      const std::string name = member.string_or("basename", "");
      if (find(*now, name) == nullptr) lines_.push_back(place + "/" + name + " is gone");
    }
  }

  std::vector<std::string> lines_;
};

Value without_image(const Value& environment) {
  Object rest;
  if (!environment.is_object()) return rest;
  for (const auto& [name, member] : environment.as_object()) {
    if (name != kImageMember) rest.append(name, member);
  }
  return rest;
}

/// As engines show it: the first digits of the id.
std::string short_image(const std::string& id) {
  constexpr std::size_t kDigits = 12;
  return id.substr(id.find(':') + 1).substr(0, kDigits);
}

std::optional<std::string> image_difference(const Value& before, const Value& now) {
  const std::string was = before.string_or(kImageMember, "");
  const std::string is = now.string_or(kImageMember, "");
  if (was == is) return std::nullopt;
  if (was.empty()) return "in a container now, image " + short_image(is);
  if (is.empty()) return "in no container now; it was one of image " + short_image(was);
  return "image changed: " + short_image(was) + " -> " + short_image(is);
}

}  // namespace

std::vector<std::string> differences(const ResultIdentity& before, const ResultIdentity& now) {
  Walk walk;
  walk.compare_each(before.definition, now.definition, [](const std::string& name) { return name; });
  walk.compare_each(before.inputs, now.inputs, [](const std::string& name) { return "input '" + name + "'"; });
  const auto environment_before = without_image(before.environment);
  const auto environment_now = without_image(now.environment);
  walk.compare_each(environment_before, environment_now, [](const std::string& name) { return "runtime." + name; });
  auto lines = walk.take();
  if (auto line = image_difference(before.environment, now.environment)) lines.push_back(*std::move(line));
  if (lines.empty() && before != now) lines.emplace_back("the order of parts or members");
  return lines;
}

core::Result<CacheComparison> CacheComparison::read(const CacheFolder& folder) {
  CacheComparison comparison;
  comparison.folder_ = folder;
  ALVEUS_TRY_ASSIGN(const auto keys, list_keys(folder));
  for (const std::string& key : keys) {
    if (auto entry = read_entry(folder, key)) comparison.entries_.push_back(std::move(*entry));
  }
  std::ranges::sort(comparison.entries_, std::ranges::greater(), &CacheEntry::created_at);
  return comparison;
}

Value CacheComparison::definition_of(const std::string& tool) const {
  const auto [place, is_new] = definitions_.try_emplace(tool);
  if (is_new) place->second = read_definition(folder_, tool).value_or(Value(Object{}));
  return place->second;
}

std::optional<Comparison> CacheComparison::nearest(const ResultIdentity& now, const core::StepPath& step,
                                                   const core::RunId& run, sys::WallTime before) const {
  std::optional<Comparison> best;
  std::size_t candidate_count = 0;
  for (const CacheEntry& entry : entries_) {
    if (entry.created_at >= before || entry.run == run || (entry.step != step && entry.tool != now.tool)) continue;
    if (++candidate_count > kCandidatesMax) break;
    auto lines = differences({.tool = entry.tool,
                              .definition = entry.tool == now.tool ? now.definition : definition_of(entry.tool),
                              .inputs = entry.inputs,
                              .environment = entry.environment},
                             now);
    if (!best || lines.size() < best->differences.size()) best = {.entry = entry, .differences = std::move(lines)};
  }
  return best;
}

}  // namespace alveus::store
