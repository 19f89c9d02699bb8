// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cmdline/command.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "lab/training_origin.hpp"
#include "learn/examples.hpp"
#include "learn/network.hpp"
#include "learn/tensor_folder.hpp"
#include "learn/training.hpp"
#include "study/folds.hpp"
#include "study/variant.hpp"

namespace alveus::lab {

/// What `train` says about its model in training.json, beside model.safetensors. Nothing in it depends on time or
/// machine.
struct TrainingReport {
  study::Variant variant;
  std::array<std::string, 2> classes;
  std::int64_t parameters = 0;
  std::string weights_sha256;  ///< of model.safetensors
  int best_epoch = 0;
  int epochs_run = 0;
  bool stopped_early = false;
  double best_validation_loss = 0;
  std::int64_t batch_parts = 1;  ///< in which batches passed; more than the variant's where memory ran out
  core::Value pictures;          ///< how they were made: height, width, window, crop; null when the file does not say
  std::optional<learn::StartWeights> start_weights;
  TrainingOrigin origin;
  std::vector<std::string> unrepeatable;  ///< operations that do not give the same bits every time

  friend bool operator==(const TrainingReport&, const TrainingReport&) = default;
};

std::string training_json(const TrainingReport& report);
core::Value to_value(const learn::StartWeights& weights);
/// kInvalidInput names the file and the member that is absent or of another kind.
core::Result<TrainingReport> parse_training_json(const std::string& name, std::string_view text);

/// A model folder as `train` left it.
struct TrainedModel {
  TrainingReport report;
  learn::Network network;
};

/// Turns the failure.json of an earlier step into an error, so that a study shows where its variant ended.
core::Status check_failure(const std::filesystem::path& folder);

/// Opens the model of a folder. kUnavailable with the reason when the folder holds a failure.json instead; kCorrupt
/// when the weights are not those that training.json speaks of.
core::Result<TrainedModel> open_model(const std::filesystem::path& folder, learn::Device device);

/// Reads folds.csv.
core::Result<study::FoldTable> open_folds(const std::filesystem::path& file);

/// kInvalidInput when the folds are others than those the model was trained with: its test part could then hold what
/// it learned from.
core::Status check_folds(const TrainingReport& report, const study::FoldTable& folds);

/// A trained model and the data it is asked about.
struct Inference {
  TrainedModel model;
  learn::TensorFolder folder;
  study::FoldTable folds;

  const study::Variant& variant() const { return model.report.variant; }
  study::Unit unit() const { return study::unit_of(variant().settings.network); }
};

/// What the model answers for: slices or scans of the folder, which outlives it.
core::Result<learn::ExampleSource> source_of(const Inference& inference);

/// The probability of the positive class of each example, in their order.
core::Result<std::vector<double>> predict_examples(const Inference& inference,
                                                   const std::vector<learn::Example>& examples);

/// Sets LibTorch up and opens what --model, --tensors and --folds name. Refuses other folds than the training's, and
/// folds in which a patient or a picture stands in two roles.
core::Result<Inference> open_inference(const cmdline::Flags& flags);

}  // namespace alveus::lab
