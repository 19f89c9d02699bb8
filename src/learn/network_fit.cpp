// SPDX-License-Identifier: Apache-2.0
#include "learn/network_fit.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "learn/detail/blueprint.hpp"
#include "learn/network.hpp"

namespace alveus::learn {
namespace {

using Shape = std::vector<std::int64_t>;
using Shapes = std::map<std::string, Shape, std::less<>>;

constexpr int kChannels = 3;
constexpr int kOtherChannels = 1;
constexpr int kClasses = 2;
constexpr int kOtherClasses = 3;

core::Result<Shapes> shapes_of(const std::string& network, int in_channels, int class_count) {
  NetworkOptions options;
  options.name = network;
  options.in_channels = in_channels;
  options.class_count = class_count;
  ALVEUS_TRY_ASSIGN(const auto weights, weight_shapes(options));
  Shapes shapes;
  for (const WeightShape& weight : weights) shapes.emplace(weight.name, weight.shape);
  return shapes;
}

/// The weights of a network, and which of them depend on channels and classes: those that differ when they are others.
class Candidate {
 public:
  static core::Result<Candidate> make(std::string network) {
    Candidate candidate;
    ALVEUS_TRY_ASSIGN(candidate.shapes_, shapes_of(network, kChannels, kClasses));
    ALVEUS_TRY_ASSIGN(candidate.other_channels_, shapes_of(network, kOtherChannels, kClasses));
    ALVEUS_TRY_ASSIGN(candidate.other_classes_, shapes_of(network, kChannels, kOtherClasses));
    candidate.network_ = std::move(network);
    return candidate;
  }

  const std::string& network() const { return network_; }
  std::size_t size() const { return shapes_.size(); }

  struct Comparison {
    NetworkFit fit;
    std::size_t equal_count = 0;
    std::string lacks;  ///< the first weight that is absent or of another shape; empty when the network fits
  };

  Comparison compare(const Shapes& file) const {
    Comparison comparison;
    comparison.fit.network = network_;
    std::set<std::string_view> heads;
    for (const auto& [name, shape] : shapes_) {
      const bool in_head = other_classes_.at(name) != shape;
      if (in_head) heads.insert(parent_of(name));
      const auto found = file.find(name);
      const Shape* const given = found == file.end() ? nullptr : &found->second;
      const bool equal = given != nullptr && (in_head ? same_but(*given, shape, other_classes_.at(name))
                                                      : same_but(*given, shape, other_channels_.at(name)));
      if (equal) ++comparison.equal_count;
      if (equal && in_head) comparison.fit.class_count = class_count_of(*given, name);
      if (equal && !in_head) note_channels(*given, name, comparison.fit);
      if (!equal && !in_head && comparison.lacks.empty()) comparison.lacks = name;
    }
    for (const auto& [name, shape] : file) {
      if (!shapes_.contains(name) && !heads.contains(parent_of(name))) comparison.fit.unused.push_back(name);
    }
    return comparison;
  }

 private:
  static std::string_view parent_of(std::string_view name) {
    return name.substr(0, std::min(name.rfind('.'), name.size()));
  }

  /// Whether the shapes agree wherever the network's own two do.
  static bool same_but(const Shape& given, const Shape& one, const Shape& other) {
    if (given.size() != one.size()) return false;
    for (std::size_t i = 0; i < given.size(); ++i) {
      if (one[i] == other[i] && given[i] != one[i]) return false;
    }
    return true;
  }

  std::int64_t class_count_of(const Shape& given, const std::string& name) const {
    const Shape& other = other_classes_.at(name);
    const auto axis = std::ranges::mismatch(shapes_.at(name), other).in1 - shapes_.at(name).begin();
    return given[static_cast<std::size_t>(axis)];
  }

  void note_channels(const Shape& given, const std::string& name, NetworkFit& fit) const {
    const Shape& shape = shapes_.at(name);
    const auto difference = std::ranges::mismatch(shape, other_channels_.at(name));
    if (difference.in1 != shape.end())
      fit.in_channels = given[static_cast<std::size_t>(difference.in1 - shape.begin())];
  }

  std::string network_;
  Shapes shapes_;
  Shapes other_channels_;
  Shapes other_classes_;
};

bool is_counter(std::string_view name) { return name.ends_with("num_batches_tracked"); }

}  // namespace

core::Result<NetworkFits> networks_that_fit(std::span<const tensorfile::TensorView> tensors) {
  Shapes file;
  for (const auto& tensor : tensors) {
    if (!is_counter(tensor.name)) file.emplace(tensor.name, tensor.shape);
  }
  NetworkFits answer;
  double nearest_share = 0;
  for (const std::string& network : network_names()) {
    ALVEUS_TRY_ASSIGN(const auto candidate, Candidate::make(network));
    auto comparison = candidate.compare(file);
    if (comparison.lacks.empty()) {
      answer.fits.push_back(std::move(comparison.fit));
      continue;
    }
    const double share = static_cast<double>(comparison.equal_count) / static_cast<double>(candidate.size());
    if (share <= nearest_share) continue;
    nearest_share = share;
    answer.nearest = network;
    answer.nearest_lacks = comparison.lacks;
  }
  // Networks over bags share the weights of the slice network inside them, which is the likelier one.
  std::ranges::stable_sort(answer.fits, {}, [](const NetworkFit& fit) {
    return std::pair(fit.unused.size(), find_design(fit.network)->description.input);
  });
  return answer;
}

}  // namespace alveus::learn
