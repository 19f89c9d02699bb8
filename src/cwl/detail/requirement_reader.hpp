// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "cwl/detail/read.hpp"
#include "document/node.hpp"

namespace alveus::cwl {

/// Where the reader of one requirement writes what it read.
struct Target {
  const ReadScope& scope;
  bool required;
  Requirements& requirements;
  TypeNames& types;
};

template <std::size_t N>
Fields open(const document::Node& node, std::string_view name, const std::array<FieldRule, N>& rules,
            const Target& target) {
  return Fields(node, name, rules, target.scope.version, target.scope.findings);
}

/// A requirement, the first version of CWL that knows it, and how it is read.
struct RequirementReader {
  std::string_view name;
  Version since;
  void (*read)(const document::Node&, const Target&);
};

/// What requirements of cwltool's own have in front of their names.
inline constexpr std::string_view kCwltoolNamespace = "http://commonwl.org/cwltool#";

// Requirements of cwltool's own (read_extensions.cpp).
void read_loop_text(const document::Node& node, const Target& target);
void read_cuda(const document::Node& node, const Target& target);
void read_secrets(const document::Node& node, const Target& target);

}  // namespace alveus::cwl
