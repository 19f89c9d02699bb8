// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace alveus::tensorfile {

/// A place in `Pickle::nodes`. Lists and dictionaries may hold themselves, so a walk must bound its depth.
using NodeId = std::uint32_t;

/// A value of a pickle. Nothing is ever built or called: what would be a call in Python is a node that says so.
struct PickleNode {
  enum class Kind {
    kNone,
    kBool,        ///< `integer` is 0 or 1
    kInteger,     ///< `integer`
    kBigInteger,  ///< `text`: its bytes, two's complement, little-endian
    kReal,        ///< `real`
    kText,        ///< `text`, UTF-8 as it stands
    kBytes,       ///< `text`
    kTuple,       ///< `items`, as of kList and kSet
    kList,
    kSet,
    kDict,        ///< `items`: key, value, key, value, …
    kGlobal,      ///< `text`: "module name" of a class or function
    kCall,        ///< `items`: the global and the tuple of its arguments
    kPersistent,  ///< `items`: the one value that names an object outside the pickle
  };
  Kind kind = Kind::kNone;
  std::int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<NodeId> items;
};

struct Pickle {
  std::vector<PickleNode> nodes;
  NodeId root = 0;
  std::size_t length = 0;  ///< bytes up to and with the final STOP

  const PickleNode& at(NodeId id) const { return nodes[id]; }
};

struct PickleRules {
  /// Says whether a global ("collections OrderedDict") may stand in the pickle.
  std::function<bool(std::string_view)> knows_global;
  std::size_t nodes_max = 1'000'000;
};

/// Reads one pickle of protocol 2 to 5 from the start of `bytes`, in time and memory that grow with its length.
/// Ordered and default dictionaries become kDict, sets kSet; the state of an object (BUILD) is left out.
/// kInvalidInput names a global that the rules do not know; kCorrupt an opcode and its place.
core::Result<Pickle> read_pickle(std::string_view bytes, const PickleRules& rules);

}  // namespace alveus::tensorfile
