// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "cwl/graph.hpp"

namespace alveus::cli {

/// The graph in Graphviz's language: inputs that feed the same steps share a box, so do outputs of one step;
/// sub-workflows are clusters. The same graph gives the same bytes.
std::string dot_of(const cwl::Graph& graph, std::string_view title);

/// The picture of a text in that language, by Graphviz's program `dot`. kNotFound, with what to install, where it is
/// missing.
core::Result<std::string> svg_of(std::string_view dot);

}  // namespace alveus::cli
