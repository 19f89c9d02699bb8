// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"
#include "flow/process.hpp"

namespace alveus::flow {

/// How a scattered step falls apart into elements, and how their results are put together again. Elements are numbered
/// row by row: the last scattered input varies fastest.
class Scatter {
 public:
  /// `inputs` are the step's inputs, the scattered ones still arrays. kInvalidInput when one of them is no array, or
  /// when arrays of a dot product differ in length.
  static core::Result<Scatter> make(const Step& step, core::Value inputs);

  std::size_t element_count() const { return element_count_; }
  /// The step's inputs with one element chosen from each array.
  core::Value element_inputs(std::size_t element) const;
  /// What the element adds to a tag: ".7"; one number for each input of a nested cross product: ".2.1".
  std::string tag_suffix(std::size_t element) const;
  /// One output of all elements, in the order of the elements, as the step's output: a list, or lists within lists for
  /// a nested cross product.
  core::Value gather(core::Array results) const;

 private:
  Scatter() = default;
  std::vector<std::size_t> positions(std::size_t element) const;

  core::Value inputs_;
  std::vector<std::string> names_;
  std::vector<std::size_t> lengths_;  ///< of each array; for a dot product one number for all
  ScatterMethod method_ = ScatterMethod::kDotProduct;
  std::size_t element_count_ = 0;
};

}  // namespace alveus::flow
