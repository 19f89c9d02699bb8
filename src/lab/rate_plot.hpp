// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "learn/rate_sweep.hpp"

namespace alveus::lab {

/// A range test as an SVG file: the loss of each step and its smoothed course over the logarithm of the learning rate,
/// with a line at each suggestion. `name` stands in the title.
std::string rate_plot(const std::string& name, const learn::RateSweep& sweep,
                      const learn::RateSuggestions& suggestions);

}  // namespace alveus::lab
