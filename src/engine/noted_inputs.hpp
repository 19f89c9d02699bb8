// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "core/value.hpp"
#include "store/record.hpp"

namespace alveus::engine {

/// What the journal notes of the inputs of a job. Files and Directories keep what identifies them (location, basename,
/// size, checksum, format, secondaryFiles, the contents of a literal). An input that is large stands in `large` under
/// its hash, and `inputs` holds {"$noted": hash} in its place: so what a thousand jobs share is written once.
struct NotedInputs {
  core::Value inputs;
  std::vector<store::ValueNoted> large;
};

/// `inputs_json` is the whole input object as compact JSON: small ones need no second look.
NotedInputs note_inputs(const core::Value& inputs, std::string_view inputs_json);

}  // namespace alveus::engine
