// SPDX-License-Identifier: Apache-2.0
#include "lab/duplicates.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <numeric>
#include <optional>
#include <set>

namespace alveus::lab {
namespace {

std::vector<std::size_t> numbered_patients(std::span<const Pictured> pictures) {
  std::map<std::string, std::size_t> numbers;
  std::vector<std::size_t> groups;
  for (const Pictured& picture : pictures) {
    groups.push_back(numbers.try_emplace(picture.patient_id, numbers.size()).first->second);
  }
  return groups;
}

/// Joins what is connected (a forest of indices that point to their group's first member).
class Groups {
 public:
  explicit Groups(std::size_t count) : parents_(count) { std::iota(parents_.begin(), parents_.end(), std::size_t{0}); }

  std::size_t first_of(std::size_t index) {
    while (parents_[index] != index) {
      parents_[index] = parents_[parents_[index]];
      index = parents_[index];
    }
    return index;
  }
  void join(std::size_t left, std::size_t right) {
    const std::size_t one = first_of(left);
    const std::size_t other = first_of(right);
    parents_[std::max(one, other)] = std::min(one, other);
  }

 private:
  std::vector<std::size_t> parents_;
};

int rank_of(const Pictured& picture) {
  if (picture.split == "test") return 2;
  return picture.split == "val" ? 1 : 0;
}

std::string place_of(const Pictured& picture) {
  return "'" + picture.name + "' of patient " + picture.patient_id + " (" +
         (picture.split.empty() ? "" : picture.split + ", ") + picture.label + ")";
}

std::string how_equal(const Copy& copy) {
  if (copy.exact) return "pixel by pixel";
  std::string text(24, '\0');
  text.resize(static_cast<std::size_t>(std::snprintf(text.data(), text.size(), "difference %.2f", copy.difference)));
  return text;
}

/// The most telling copy of a slice within its group: one that stays, else of another label, else the most similar.
const Copy* best_copy(std::size_t index, std::span<const Copy> copies, const std::set<std::size_t>& staying,
                      std::span<const Pictured> pictures) {
  const Copy* best = nullptr;
  const auto value = [&](const Copy& copy) {
    const std::size_t other = copy.left == index ? copy.right : copy.left;
    return std::tuple(staying.contains(other), pictures[other].label != pictures[index].label, -copy.difference);
  };
  for (const Copy& copy : copies) {
    if (copy.left != index && copy.right != index) continue;
    if (best == nullptr || value(copy) > value(*best)) best = &copy;
  }
  return best;
}

std::string reason_for(std::size_t index, std::span<const Copy> copies, const std::set<std::size_t>& staying,
                       std::span<const Pictured> pictures) {
  const Copy* copy = best_copy(index, copies, staying, pictures);
  if (copy == nullptr) return "belongs to a group of copies whose labels contradict each other";
  const Pictured& other = pictures[copy->left == index ? copy->right : copy->left];
  std::string reason = "shows the same picture as " + place_of(other) + " (" + how_equal(*copy) + ")";
  if (other.label != pictures[index].label) {
    reason += ", and the labels contradict each other: " + pictures[index].label + " here, " + other.label + " there";
  }
  return reason;
}

/// The members of one group that stay.
std::set<std::size_t> staying_of(const std::vector<std::size_t>& members, std::span<const Pictured> pictures) {
  const auto ranked = [&](std::size_t index) { return rank_of(pictures[index]); };
  const int best = ranked(*std::ranges::max_element(members, {}, ranked));
  const bool contradict = std::ranges::any_of(
      members, [&](std::size_t index) { return pictures[index].label != pictures[members.front()].label; });
  std::set<std::size_t> staying;
  if (best == 0 && contradict) return staying;
  for (const std::size_t index : members) {
    const bool first_patient = pictures[index].patient_id == pictures[members.front()].patient_id;
    if (best > 0 ? ranked(index) == best : first_patient) staying.insert(index);
  }
  return staying;
}

}  // namespace

std::vector<Copy> find_copies(std::span<const Pictured> pictures) {
  std::vector<std::uint64_t> hashes;
  for (const Pictured& picture : pictures) hashes.push_back(picture.fingerprint.hash);
  std::vector<Copy> copies;
  // Equal pictures have equal hashes, so this finds them too.
  for (const auto& [left, right] : imaging::similar_pairs(hashes, numbered_patients(pictures), kCopyHashDistanceMost)) {
    const bool exact = pictures[left].pixel_sha256 == pictures[right].pixel_sha256;
    const auto has_structure = [&](std::size_t index) {
      return std::ranges::any_of(pictures[index].fingerprint.thumbnail, [](float value) { return value != 0; });
    };
    if (!exact && !(has_structure(left) && has_structure(right))) continue;
    const double difference =
        exact ? 0 : imaging::thumbnail_distance(pictures[left].fingerprint, pictures[right].fingerprint);
    if (difference <= kCopyDifferenceMost) copies.push_back({left, right, exact, difference});
  }
  return copies;
}

std::vector<Removal> resolve_copies(std::span<const Pictured> pictures, std::span<const Copy> copies) {
  Groups groups(pictures.size());
  std::set<std::size_t> involved;
  for (const Copy& copy : copies) {
    groups.join(copy.left, copy.right);
    involved.insert({copy.left, copy.right});
  }
  std::map<std::size_t, std::vector<std::size_t>> members;
  for (const std::size_t index : involved) members[groups.first_of(index)].push_back(index);
  std::vector<Removal> removals;
  for (const auto& [first, group] : members) {
    const std::set<std::size_t> staying = staying_of(group, pictures);
    for (const std::size_t index : group) {
      if (!staying.contains(index)) removals.push_back({index, reason_for(index, copies, staying, pictures)});
    }
  }
  std::ranges::sort(removals, {}, &Removal::index);
  return removals;
}

std::string text_of(const Copy& copy, std::span<const Pictured> pictures) {
  std::string text = place_of(pictures[copy.left]) + " and " + place_of(pictures[copy.right]) +
                     " show the same picture (" + how_equal(copy) + ")";
  if (pictures[copy.left].label != pictures[copy.right].label) text += "; their labels contradict each other";
  return text;
}

}  // namespace alveus::lab
