// SPDX-License-Identifier: Apache-2.0
#include "flow/scatter.hpp"

#include <iterator>
#include <span>
#include <utility>

#include "core/check.hpp"

namespace alveus::flow {
namespace {

/// A table of products must not overflow, nor ask for more elements than a machine could ever run.
constexpr std::size_t kElementsMax = std::size_t{1} << 32;

core::Value nest(std::span<core::Value> results, std::span<const std::size_t> lengths) {
  if (lengths.size() == 1) {
    return core::Array(std::make_move_iterator(results.begin()), std::make_move_iterator(results.end()));
  }
  core::Array rows;
  const std::size_t row_size = lengths[0] == 0 ? 0 : results.size() / lengths[0];
  for (std::size_t row = 0; row < lengths[0]; ++row) {
    rows.push_back(nest(results.subspan(row * row_size, row_size), lengths.subspan(1)));
  }
  return rows;
}

}  // namespace

core::Result<Scatter> Scatter::make(const Step& step, core::Value inputs) {
  Scatter scatter;
  scatter.names_ = step.scatter;
  scatter.method_ = step.scatter_method;
  for (const std::string& name : step.scatter) {
    const core::Value* array = inputs.find(name);
    if (array == nullptr || !array->is_array()) {
      return core::fail(core::ErrorCode::kInvalidInput,
                        "input '" + name + "' of step '" + step.name + "' is scattered over and must be a list, not " +
                            std::string(name_of(array == nullptr ? core::Value::Kind::kNull : array->kind())));
    }
    scatter.lengths_.push_back(array->as_array().size());
  }
  if (scatter.method_ == ScatterMethod::kDotProduct) {
    for (std::size_t i = 1; i < scatter.lengths_.size(); ++i) {
      if (scatter.lengths_[i] == scatter.lengths_[0]) continue;
      return core::fail(core::ErrorCode::kInvalidInput,
                        "step '" + step.name + "' scatters by dotproduct over lists of different lengths: '" +
                            step.scatter[0] + "' has " + std::to_string(scatter.lengths_[0]) + ", '" + step.scatter[i] +
                            "' has " + std::to_string(scatter.lengths_[i]));
    }
    scatter.lengths_.resize(1);
  }
  scatter.element_count_ = 1;
  for (const std::size_t length : scatter.lengths_) {
    scatter.element_count_ *= length;
    if (scatter.element_count_ > kElementsMax) {
      return core::fail(core::ErrorCode::kInvalidInput, "step '" + step.name + "' scatters into too many elements");
    }
  }
  scatter.inputs_ = std::move(inputs);
  return scatter;
}

std::vector<std::size_t> Scatter::positions(std::size_t element) const {
  ALVEUS_CHECK(element < element_count_, "there is no such element");
  std::vector<std::size_t> found(names_.size(), element);
  if (method_ == ScatterMethod::kDotProduct) return found;
  for (std::size_t i = names_.size(); i-- > 0;) {
    found[i] = element % lengths_[i];
    element /= lengths_[i];
  }
  return found;
}

core::Value Scatter::element_inputs(std::size_t element) const {
  const auto chosen = positions(element);
  core::Object inputs;
  for (const auto& [name, value] : inputs_.as_object()) {
    const core::Value* picked = &value;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (names_[i] == name) picked = &value.as_array()[chosen[i]];
    }
    inputs.set(name, *picked);
  }
  return inputs;
}

std::string Scatter::tag_suffix(std::size_t element) const {
  if (method_ != ScatterMethod::kNestedCrossProduct) return "." + std::to_string(element);
  std::string suffix;
  for (const std::size_t position : positions(element)) suffix += "." + std::to_string(position);
  return suffix;
}

core::Value Scatter::gather(core::Array results) const {
  ALVEUS_CHECK(results.size() == element_count_, "each element has one result");
  if (method_ != ScatterMethod::kNestedCrossProduct) return results;
  return nest(results, lengths_);
}

}  // namespace alveus::flow
