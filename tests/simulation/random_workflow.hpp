// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/random.hpp"
#include "core/value.hpp"
#include "testing/graph.hpp"

namespace alveus::simulation {

/// A workflow made up by chance: tools that compute with numbers and lists, scatters of all methods, conditions, merged
/// links, workflows within it. Its inputs are those of `random_inputs`. With `may_fail` some tools end with exit code 1
/// for some inputs.
testing::ProcessPointer random_workflow(core::Random& random, int depth, bool may_fail);

core::Value random_inputs(core::Random& random);

}  // namespace alveus::simulation
