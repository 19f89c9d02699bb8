// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace alveus::sys {

/// Makes the open file `to`, which is empty, share the blocks of `from`. False where the file system cannot.
bool share_blocks(int from, int to);

/// Copies all of an open file into an empty one: shares blocks where the file system can, else lets the kernel copy,
/// else reads and writes. 0, or an errno.
int copy_bytes(int from, int to);

}  // namespace alveus::sys
