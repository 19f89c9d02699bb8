// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/ids.hpp"
#include "core/value.hpp"
#include "engine/event.hpp"
#include "flow/process.hpp"
#include "store/cached_result.hpp"

namespace alveus::engine {

/// Results of earlier jobs that may stand for those of this run. Called on pool threads; safe from several. Nothing
/// that goes wrong here makes a job fail: then it runs, or its result is not kept.
class ResultReuse {
 public:
  virtual ~ResultReuse() = default;
  /// For a job of `tool` whose result may be reused as far as the tool knows; `evaluation` holds its inputs, request
  /// and image.
  virtual ReuseAnswer look_up(const core::JobId& job, const flow::Tool& tool, const Evaluation& evaluation) = 0;
  /// The job of the ticket succeeded with these outputs; their files are where the job left them.
  virtual void keep(const store::ResultTicket& ticket, const core::Value& outputs) = 0;
};

}  // namespace alveus::engine
