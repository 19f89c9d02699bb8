// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "report/evidence.hpp"

namespace alveus::report {

/// Readers of the files of docs/internals/study-formats.md. `name` is the file as messages show it. kInvalidInput for
/// what is no such file, another format version, or a member missing.
core::Result<Metrics> read_metrics(const std::string& name, std::string_view text);
core::Result<Comparison> read_comparison(const std::string& name, std::string_view text);
core::Result<Folds> read_folds(const std::string& name, std::string_view text);
core::Result<Tensors> read_tensors(const std::string& name, std::string_view text);

/// training.json. `variant` and `configuration` come from the text.
core::Result<TrainingRun> read_training(const std::string& name, std::string_view text);
core::Result<std::vector<Epoch>> read_history(const std::string& name, std::string_view text);
core::Result<std::vector<Explanation>> read_explanations(const std::string& name, std::string_view text);

/// study.csv and rejected.csv.
core::Result<Cohort> read_cohort(const std::string& study_name, std::string_view study_csv);
core::Status add_rejected(Cohort& cohort, const std::string& name, std::string_view rejected_csv);

}  // namespace alveus::report
