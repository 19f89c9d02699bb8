// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "flow/job.hpp"

namespace alveus::flow {

/// How one job of a user ended. A value of the domain, never an Error: a workflow whose tool exits with 3 is no fault
/// of ours.
struct JobOutcome {
  enum class Kind {
    kSuccess,
    kTemporaryFailure,  ///< trying again may help
    kPermanentFailure,
    kTimedOut,
    kOutOfMemory,  ///< used more than it may
    kCancelled,
  };
  Kind kind = Kind::kSuccess;
  int exit_code = 0;

  friend bool operator==(const JobOutcome&, const JobOutcome&) = default;
};

/// Reads an exit code by the plan's rules: a code the plan lists means what it says there, failure before success;
/// of the others 0 is a success and the rest are permanent failures.
JobOutcome outcome_of(const JobExit& exit, const JobPlan& plan);

/// "success", "temporary failure", "permanent failure", "timed out", "out of memory", "cancelled".
std::string_view name_of(JobOutcome::Kind kind);

}  // namespace alveus::flow
