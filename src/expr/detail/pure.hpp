// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace alveus::expr::detail {

/// Whether JavaScript leaves nothing behind that later code could see, as its text alone shows: it calls nothing,
/// assigns nothing, and names nothing by which either might happen unseen. False when in doubt; a text that is no
/// JavaScript may get either answer.
bool leaves_nothing(std::string_view code);

}  // namespace alveus::expr::detail
