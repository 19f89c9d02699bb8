// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include "learn/batch_stream.hpp"
#include "learn/network.hpp"
#include "learn/tensor_folder.hpp"

namespace alveus::learn {

/// The pictures of a batch on the network's device: [N, C, H, W], grey repeated where the network takes colours; of
/// scans [N, C, D, H, W], or [N, S, 1, H, W] with nothing behind the slices of a bag that has fewer than another. On
/// the CPU it may borrow the batch's memory, which must outlive the passes over it.
at::Tensor picture_tensor(Batch& batch, const TensorFolder& folder, const Network& network);

/// The targets of a batch as rows that sum to 1, [N, K], 32-bit, on the CPU: shares where pictures are mixed.
at::Tensor target_rows(const Batch& batch, std::int64_t class_count);

}  // namespace alveus::learn
