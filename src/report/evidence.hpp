// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/value.hpp"
#include "study/failure.hpp"
#include "study/unit.hpp"

namespace alveus::report {

/// A file that numbers of the report come from. `name` is the same wherever the study ran:
/// "metrics.json", "training/<variant>/history.csv".
struct SourceFile {
  std::string name;
  std::string sha256;
  std::uint64_t size_bytes = 0;
};

/// A number with its 95 % interval. Nothing where it could not be computed.
struct Estimate {
  std::optional<double> value;
  std::optional<double> low;
  std::optional<double> high;
  std::string interval;  ///< the method's name: "wilson"; empty without an interval
};

struct Confusion {
  std::int64_t true_positives = 0;
  std::int64_t false_negatives = 0;
  std::int64_t false_positives = 0;
  std::int64_t true_negatives = 0;
};

struct RocPoint {
  double false_positive_rate = 0;
  double true_positive_rate = 0;
};

struct CalibrationBin {
  double mean_probability = 0;
  double observed = 0;
  std::int64_t count = 0;
};

struct PredictiveValue {
  double prevalence = 0;
  std::optional<double> ppv;
  std::optional<double> npv;
};

/// Results at one level: patients, or slices.
struct Level {
  std::int64_t count = 0;
  std::int64_t positives = 0;
  std::int64_t negatives = 0;
  std::int64_t patients = 0;
  std::optional<Confusion> confusion;
  std::map<std::string, Estimate> metrics;  ///< by the names of docs/internals/study-formats.md
  std::vector<PredictiveValue> predictive_values;
  std::vector<CalibrationBin> calibration;
  std::vector<RocPoint> roc;
  std::vector<std::int64_t> histogram_negatives;  ///< equal bins over [0, 1]
  std::vector<std::int64_t> histogram_positives;

  Estimate metric(const std::string& name) const;
};

struct Threshold {
  int fold = 0;
  std::optional<double> patient;
  std::optional<double> slice;
  std::string source;
};

/// Mean and spread of a metric over folds or seeds.
struct Spread {
  std::optional<double> mean;
  std::optional<double> sd;
  std::vector<double> values;
};

struct ConfigurationResult {
  std::string configuration;
  std::vector<std::string> variants;
  std::vector<int> folds;
  std::int64_t seeds = 1;
  bool complete = true;
  study::Unit unit = study::Unit::kSlice;  ///< what the network answers for
  std::vector<Threshold> thresholds;
  Spread per_fold_auroc;
  Spread per_seed_auroc;
  Level patient;
  Level slice;  ///< of scans where they are the unit
};

struct Metrics {
  core::Value settings;
  std::string scores_sha256;
  std::vector<ConfigurationResult> configurations;
  std::vector<study::Failure> failures;
  std::vector<std::string> warnings;

  const ConfigurationResult* find(const std::string& configuration) const;
};

/// How a configuration differs from the best, on the same patients.
struct VersusBest {
  Estimate difference;
  std::optional<double> bootstrap_p;
  std::optional<double> delong_p;
  std::optional<double> delong_p_holm;
  std::optional<double> mcnemar_p;
  std::optional<double> mcnemar_p_holm;
  std::string mcnemar_method;
  bool separable = false;
};

struct Ranked {
  int rank = 0;
  std::string configuration;
  Estimate auroc;
  Estimate sensitivity;
  Estimate specificity;
  std::optional<int> rank_low;
  std::optional<int> rank_high;
  std::optional<double> probability_best;
  std::optional<VersusBest> versus_best;  ///< nothing for the best itself
};

/// The score of the best, freed from the luck of having been chosen.
struct Selection {
  std::optional<double> apparent_auroc;
  Estimate corrected_auroc;
  std::int64_t resamples = 0;
};

/// What the configurations reach on test that validation patients alone would have chosen, one a fold.
struct ValidationChoice {
  std::map<std::string, std::int64_t> folds;  ///< how many folds choose a configuration
  Estimate auroc;                             ///< of patients
  Estimate accuracy;
};

struct Comparison {
  core::Value settings;
  std::string scores_sha256;
  std::int64_t patients = 0;
  std::int64_t positives = 0;
  std::int64_t negatives = 0;
  std::string best;
  std::vector<Ranked> ranking;
  std::optional<Selection> selection;
  std::optional<ValidationChoice> validation_choice;
  std::vector<std::pair<std::string, std::string>> excluded;  ///< configuration, reason
  std::vector<study::Failure> failures;
  std::vector<std::string> warnings;
};

struct Epoch {
  std::int64_t epoch = 0;
  std::optional<double> learning_rate;
  std::optional<double> train_loss;
  std::optional<double> validation_loss;
  std::optional<double> validation_auc;
};

/// One training: what training.json, history.csv and timing.json say, or why there is none.
struct TrainingRun {
  std::string variant;
  std::string configuration;
  int fold = 0;
  core::Value settings;  ///< the variant file's members; null when not recorded
  std::optional<std::int64_t> parameters;
  std::string weights_sha256;
  std::optional<std::int64_t> best_epoch;
  std::optional<std::int64_t> epochs_run;
  std::optional<bool> stopped_early;
  std::optional<double> best_validation_loss;
  core::Value record;  ///< training.json as it is
  core::Value timing;  ///< timing.json as it is; null when there is none
  std::vector<Epoch> history;
  std::optional<study::Failure> failure;
};

struct Explanation {
  std::string file;
  std::string variant;
  std::string sample_id;
  std::string patient_id;
  std::string slice_id;  ///< of a scan the slice that is shown
  int target = 0;
  std::optional<double> probability;
  std::optional<double> energy_in_lung;
  std::optional<double> energy_in_lesion;
  std::optional<double> lesion_share_of_lung;  ///< what energy_in_lesion would be by chance
  std::optional<bool> pointing_hit;
  std::string png;  ///< the picture's bytes; empty when it is not shown
};

/// Patients and slices of one class.
struct ClassCount {
  std::string label;
  int target = 0;
  std::int64_t patients = 0;
  std::int64_t slices = 0;
};

/// The data as ingested.
struct Cohort {
  core::Value ingest;  ///< ingest.json as it is
  std::int64_t files_accepted = 0;
  std::int64_t files_rejected = 0;
  std::int64_t slices = 0;
  std::int64_t patients = 0;
  std::vector<ClassCount> classes;                             ///< by label
  std::vector<std::pair<std::string, std::int64_t>> rejected;  ///< reason, rows; the commonest first
  std::int64_t rejected_rows = 0;
  std::map<std::string, std::int64_t> units;  ///< slices by unit: "hu", "grey"
  std::int64_t with_lung_mask = 0;
  std::int64_t with_lesion_mask = 0;
};

struct FoldCount {
  int fold = 0;
  std::string role;
  int target = 0;
  std::int64_t patients = 0;
  std::int64_t samples = 0;
};

struct Folds {
  std::string method;
  std::optional<std::int64_t> seed;
  std::int64_t folds = 0;
  std::string sha256;
  std::vector<FoldCount> counts;
};

struct Tensors {
  std::int64_t count = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::optional<double> window_low;
  std::optional<double> window_high;
  std::string crop;
  std::string aspect;
  std::optional<double> margin;
  std::vector<std::string> classes;
  bool has_lung = false;
  bool has_lesion = false;
};

/// Everything a report is made from. Sorted: runs and explanations by variant, explanations of a variant by file.
struct Evidence {
  std::vector<SourceFile> sources;  ///< by name
  Metrics metrics;
  Comparison comparison;
  std::vector<TrainingRun> runs;
  std::vector<Explanation> explanations;
  std::optional<Cohort> cohort;
  std::optional<Folds> folds;
  std::optional<Tensors> tensors;

  const SourceFile* find_source(const std::string& name) const;
  /// All failures that any file names, each once, sorted.
  std::vector<study::Failure> failures() const;
};

}  // namespace alveus::report
