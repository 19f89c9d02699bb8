// SPDX-License-Identifier: Apache-2.0
#include "lab/file_threads.hpp"

#include <algorithm>

#include "sys/cores.hpp"

namespace alveus::lab {
namespace {

constexpr std::int64_t kThreadsMax = 1024;
constexpr double kThreadsUnasked = 16;

}  // namespace

cmdline::Flag file_threads_flag() {
  return {
      .name = "threads",
      .kind = cmdline::Flag::Kind::kInteger,
      .value_name = "N",
      .help =
          "Files or patients that are worked on side by side, each in memory; without it, as many as the process has "
          "cores, 16 at most. The result is the same for any number."};
}

core::Result<std::size_t> file_threads(const cmdline::Flags& flags) {
  if (!flags.has("threads")) return static_cast<std::size_t>(std::min(sys::usable_cores(), kThreadsUnasked));
  const std::int64_t count = flags.integer("threads");
  if (count >= 1 && count <= kThreadsMax) return static_cast<std::size_t>(count);
  return core::fail(core::ErrorCode::kInvalidInput,
                    "--threads is " + std::to_string(count) + "; it must be from 1 to " + std::to_string(kThreadsMax));
}

}  // namespace alveus::lab
