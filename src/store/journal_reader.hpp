// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "core/result.hpp"
#include "store/record.hpp"
#include "sys/clock.hpp"

namespace alveus::store {

struct TimedRecord {
  std::int64_t sequence = 0;
  sys::WallTime time;
  Record record;
};

/// Hands all records of a journal to `take`, one after the other, in their order and in bounded memory; the journal may
/// grow meanwhile, and what is seen is how it stood at one moment. Stops at the first failure of `take` and returns it.
/// kNotFound; kCorrupt names the record; kUnsupported when a newer version wrote it.
core::Status read_journal(const std::filesystem::path& journal_file,
                          const std::function<core::Status(TimedRecord record)>& take);

}  // namespace alveus::store
