// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "tensorfile/tensor.hpp"

namespace alveus::learn {

/// A network that some weights belong to.
struct NetworkFit {
  std::string network;
  std::int64_t in_channels = 3;
  std::optional<std::int64_t> class_count;  ///< nothing when the last layer is absent
  /// Tensors of the file that the network has no use for; the batches that batch norms have seen do not count.
  std::vector<std::string> unused;

  friend bool operator==(const NetworkFit&, const NetworkFit&) = default;
};

/// What an unknown set of weights may be.
struct NetworkFits {
  std::vector<NetworkFit> fits;  ///< fewest unused tensors first, then pictures before volumes and bags, then by name
  /// Where nothing fits: the network most of whose weights stand in the file, and the first that does not.
  std::string nearest;
  std::string nearest_lacks;
};

/// Compares the names and shapes of tensors, sorted by name, with every network this program builds: all but the last
/// layer must stand there, the first may take 1 or 3 channels. No weights are made.
core::Result<NetworkFits> networks_that_fit(std::span<const tensorfile::TensorView> tensors);

}  // namespace alveus::learn
