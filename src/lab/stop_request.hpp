// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace alveus::lab {

/// Turns the first SIGTERM or SIGINT from now on into a request to stop; the second ends the program.
void listen_for_stop();
bool is_stop_requested();

}  // namespace alveus::lab
