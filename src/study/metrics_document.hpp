// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"
#include "study/study_metrics.hpp"

namespace alveus::study {

/// The content of metrics.json; docs/internals/study-formats.md describes it.
core::Value to_value(const StudyMetrics& metrics);

/// Pieces that comparison.json has too.
core::Value metric_value(const Metric& metric);
core::Value interval_value(const std::optional<Interval>& interval);
core::Value failures_value(const std::vector<Failure>& failures);
core::Value optional_value(const std::optional<double>& number);

/// What `compare` takes from metrics.json: how the study was measured, and what it lacks.
struct MetricsHeader {
  MetricsOptions options;
  std::string scores_sha256;
  std::vector<Failure> failures;
  std::vector<std::string> warnings;
};

/// kInvalidInput: no metrics.json, or of another version.
core::Result<MetricsHeader> parse_metrics_header(std::string_view name, std::string_view text);

}  // namespace alveus::study
