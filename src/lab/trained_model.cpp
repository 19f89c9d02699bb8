// SPDX-License-Identifier: Apache-2.0
#include "lab/trained_model.hpp"

#include <system_error>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/value.hpp"
#include "lab/member_reader.hpp"
#include "learn/predictor.hpp"
#include "learn/runtime.hpp"
#include "study/failure.hpp"
#include "sys/file.hpp"

namespace alveus::lab {
namespace {

using core::ErrorCode;

constexpr int kFormatVersion = 1;

learn::StartWeights parse_start_weights(const core::Value& value) {
  learn::StartWeights weights = {.file = value.string_or("file", ""),
                                 .format = value.string_or("format", ""),
                                 .sha256 = value.string_or("sha256", ""),
                                 .metadata = {}};
  const core::Value* const metadata = value.find("metadata");
  if (metadata == nullptr || !metadata->is_object()) return weights;
  for (const auto& [key, text] : metadata->as_object()) {
    if (text.is_string()) weights.metadata[key] = text.as_string();
  }
  MemberReader members(value);
  weights.taken = {.count = members.whole("taken"), .fitted = members.texts("fitted"), .left = members.texts("left")};
  return weights;
}

}  // namespace

std::string training_json(const TrainingReport& report) {
  core::Object value = core::Object{{"format_version", kFormatVersion},
                                    {"variant", study::to_value(report.variant)},
                                    {"classes", core::Array{report.classes[0], report.classes[1]}},
                                    {"parameters", report.parameters},
                                    {"weights_sha256", report.weights_sha256},
                                    {"best_epoch", report.best_epoch},
                                    {"epochs_run", report.epochs_run},
                                    {"stopped_early", report.stopped_early},
                                    {"best_validation_loss", report.best_validation_loss},
                                    {"batch_parts", report.batch_parts}};
  append(value, report.origin);
  value.append("unrepeatable_operations", texts(report.unrepeatable));
  if (!report.pictures.is_null()) value.set("pictures", report.pictures);
  if (report.start_weights) value.set("start_weights", to_value(*report.start_weights));
  return core::to_json(core::Value(value), core::JsonStyle::kIndented) + "\n";
}

core::Value to_value(const learn::StartWeights& weights) {
  core::Object metadata;
  for (const auto& [key, text] : weights.metadata) metadata.set(key, text);
  return core::Object{{"file", weights.file},
                      {"format", weights.format},
                      {"sha256", weights.sha256},
                      {"metadata", metadata},
                      {"taken", weights.taken.count},
                      {"fitted", texts(weights.taken.fitted)},
                      {"left", texts(weights.taken.left)}};
}

core::Result<TrainingReport> parse_training_json(const std::string& name, std::string_view text) {
  ALVEUS_TRY_ASSIGN(const auto value, core::parse_json_file(name, text));
  const core::Value* const variant = value.find("variant");
  if (variant == nullptr) return core::fail(ErrorCode::kInvalidInput, "'variant' is absent", name);
  TrainingReport report;
  ALVEUS_TRY_ASSIGN(report.variant, study::parse_variant(*variant));
  const core::Value* const classes = value.find("classes");
  if (classes == nullptr || !classes->is_array() || classes->as_array().size() != 2 ||
      !classes->as_array()[0].is_string() || !classes->as_array()[1].is_string()) {
    return core::fail(ErrorCode::kInvalidInput, "'classes' must be a list of two names", name);
  }
  report.classes = {classes->as_array()[0].as_string(), classes->as_array()[1].as_string()};
  MemberReader members(value);
  report.parameters = members.whole("parameters");
  report.weights_sha256 = members.text("weights_sha256");
  report.best_epoch = static_cast<int>(members.whole("best_epoch"));
  report.epochs_run = static_cast<int>(members.whole("epochs_run"));
  report.batch_parts = members.whole("batch_parts");
  report.stopped_early = members.flag("stopped_early");
  report.best_validation_loss = members.real("best_validation_loss");
  report.origin = read_origin(members);
  if (value.find("unrepeatable_operations") != nullptr) {
    report.unrepeatable = members.texts("unrepeatable_operations");
  }
  if (const core::Value* const pictures = value.find("pictures")) report.pictures = *pictures;
  if (const core::Value* const weights = value.find("start_weights")) {
    report.start_weights = parse_start_weights(*weights);
  }
  ALVEUS_TRY(members.status(name, "alveus train"));
  return report;
}

core::Status check_failure(const std::filesystem::path& folder) {
  std::error_code ignored;
  const auto file = folder / study::kFailureFile;
  if (!std::filesystem::exists(file, ignored)) return {};
  ALVEUS_TRY_ASSIGN(const auto text, sys::read_file(file));
  ALVEUS_TRY_ASSIGN(const auto failure, study::parse_failure(file.string(), text));
  return core::fail(ErrorCode::kUnavailable,
                    "the variant '" + failure.variant + "' failed in step '" + failure.step + "': " + failure.reason);
}

core::Result<TrainedModel> open_model(const std::filesystem::path& folder, learn::Device device) {
  ALVEUS_TRY(check_failure(folder));
  const auto report_file = folder / "training.json";
  ALVEUS_TRY_ASSIGN(const auto text, sys::read_file(report_file));
  ALVEUS_TRY_ASSIGN(auto report, parse_training_json(report_file.string(), text));
  const auto weights_file = folder / "model.safetensors";
  {
    ALVEUS_TRY_ASSIGN(const auto weights, sys::MappedFile::open(weights_file));
    if (core::hash_text(core::HashKind::kSha256, weights.bytes()) != report.weights_sha256) {
      return core::fail(ErrorCode::kCorrupt,
                        "the weights are not those that training.json names; copy the folder again",
                        weights_file.string());
    }
  }
  ALVEUS_TRY_ASSIGN(auto network, learn::Network::load(weights_file, device));
  return TrainedModel{.report = std::move(report), .network = std::move(network)};
}

core::Result<study::FoldTable> open_folds(const std::filesystem::path& file) {
  ALVEUS_TRY_ASSIGN(const auto text, sys::read_file(file));
  return study::FoldTable::parse(file.string(), text);
}

core::Status check_folds(const TrainingReport& report, const study::FoldTable& folds) {
  if (sha256_of(folds) == report.origin.folds_sha256) return {};
  return core::fail(ErrorCode::kInvalidInput,
                    "the folds are not those the model '" + report.variant.id +
                        "' was trained with, so its test part may hold what it learned from; give the folds.csv of "
                        "the training");
}

core::Result<Inference> open_inference(const cmdline::Flags& flags) {
  ALVEUS_TRY(learn::start_torch(static_cast<int>(flags.integer("threads"))));
  ALVEUS_TRY_ASSIGN(const auto device, learn::choose_device(flags.text("device")));
  ALVEUS_TRY_ASSIGN(auto model, open_model(flags.text("model"), device));
  ALVEUS_TRY_ASSIGN(auto folder, learn::TensorFolder::open(flags.text("tensors")));
  ALVEUS_TRY_ASSIGN(auto folds, open_folds(flags.text("folds")));
  ALVEUS_TRY(check_folds(model.report, folds));
  ALVEUS_TRY(study::check_leaks(folds, folder.samples()));
  return Inference{.model = std::move(model), .folder = std::move(folder), .folds = std::move(folds)};
}

core::Result<learn::ExampleSource> source_of(const Inference& inference) {
  return learn::ExampleSource::make(inference.folder, learn::scan_form_of(inference.variant().settings));
}

core::Result<std::vector<double>> predict_examples(const Inference& inference,
                                                   const std::vector<learn::Example>& examples) {
  const study::TrainingSettings& settings = inference.variant().settings;
  learn::PredictionOptions options = {.form = learn::scan_form_of(settings)};
  if (options.form) options.batch_size = static_cast<std::size_t>(settings.scan_batch_size);
  ALVEUS_TRY_ASSIGN(const auto logits,
                    learn::predict_logits(inference.model.network, inference.folder, examples, options));
  std::vector<double> probabilities;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    probabilities.push_back(learn::positive_probability(logits[2 * i], logits[2 * i + 1]));
  }
  return probabilities;
}

}  // namespace alveus::lab
