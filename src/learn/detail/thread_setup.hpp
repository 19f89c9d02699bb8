// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace alveus::learn {

/// Sets up for the calling thread what `start_torch` sets up for the one that calls it alone: how many threads one
/// operation has, and where warnings go. Must not throw.
void set_thread_up() noexcept;

}  // namespace alveus::learn
