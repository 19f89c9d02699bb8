// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/value.hpp"
#include "cwl/model.hpp"

namespace alveus::cli {

/// A YAML file of inputs to fill in, in the document's order: what is required stands there with an empty value, which
/// a check refuses as long as it is empty; what is not stands in a comment, with its default or a made-up value.
std::string input_template(const cwl::Process& process, std::string_view document);

/// A line for each input: name, type, "required" or its default, and what the document says of it.
std::string input_table(const cwl::Process& process);

/// The same for programs: a list of {"name", "type", "required", "default", "label", "doc", "format",
/// "secondaryFiles", "symbols", "fields"}; members that do not apply are left out.
core::Value input_list(const cwl::Process& process);

}  // namespace alveus::cli
