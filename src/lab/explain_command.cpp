// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include "cmdline/terminal.hpp"
#include "core/csv.hpp"
#include "explain/activation_map.hpp"
#include "explain/case_choice.hpp"
#include "explain/overlay.hpp"
#include "explain/saliency_scores.hpp"
#include "imaging/png.hpp"
#include "lab/commands.hpp"
#include "lab/network_flags.hpp"
#include "lab/result_folder.hpp"
#include "lab/trained_model.hpp"
#include "learn/feature_gradient.hpp"
#include "learn/predictor.hpp"
#include "sys/file.hpp"

namespace alveus::lab {
namespace {

using core::ErrorCode;
namespace fs = std::filesystem;

constexpr std::int64_t kCountMax = 10'000;
constexpr std::string_view kTableFile = "explanations.csv";

/// Everything the pictures of one model are made from.
struct Explainer {
  const TrainedModel& model;
  const learn::TensorFolder& folder;
  learn::FeatureMap feature_map;
};

/// The slices to show, by index into the folder.
core::Result<std::vector<std::size_t>> choose_slices(const Explainer& explainer, const study::FoldTable& folds,
                                                     std::size_t count) {
  const int fold = explainer.model.report.variant.fold;
  std::vector<learn::Example> examples;
  for (const std::size_t index : learn::samples_of(explainer.folder, folds, fold, study::Role::kTest)) {
    examples.push_back({.index = index, .target = 0, .quarter_turns = 0});
  }
  ALVEUS_TRY_ASSIGN(const auto logits, learn::predict_logits(explainer.model.network, explainer.folder, examples, {}));
  std::vector<explain::Candidate> candidates;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const study::Sample& sample = explainer.folder.samples()[examples[i].index];
    candidates.push_back({.sample_id = sample.sample_id,
                          .patient_id = sample.patient_id,
                          .target = sample.target,
                          .probability = learn::positive_probability(logits[2 * i], logits[2 * i + 1])});
  }
  std::vector<std::size_t> slices;
  for (const std::size_t chosen : explain::choose_cases(candidates, count)) slices.push_back(examples[chosen].index);
  return slices;
}

std::string file_name(std::size_t number, const std::string& sample_id) {
  return (number < 10 ? "0" : "") + std::to_string(number) + "_" + sample_id + ".png";
}

template <typename T, typename Text>
std::string cell(const std::optional<T>& value, Text text) {
  return value ? text(*value) : std::string();
}

/// Writes the picture of one slice and adds its row.
core::Status explain_slice(const Explainer& explainer, std::size_t index, std::size_t number, const fs::path& out,
                           core::CsvTable& table) {
  const learn::TensorFolder& folder = explainer.folder;
  ALVEUS_TRY_ASSIGN(const auto gradient,
                    learn::feature_gradient(explainer.model.network, folder, index, explainer.feature_map));
  const auto map = explain::enlarge(explain::grad_cam({.channels = gradient.channels,
                                                       .height = gradient.height,
                                                       .width = gradient.width,
                                                       .features = gradient.features,
                                                       .gradient = gradient.gradient}),
                                    folder.height(), folder.width());
  const auto lung = folder.lung(index).value_or(learn::TensorFolder::Bytes());
  const auto lesion = folder.lesion(index).value_or(learn::TensorFolder::Bytes());
  const auto drawn = explain::draw_overlay({.height = folder.height(),
                                            .width = folder.width(),
                                            .picture = folder.picture(index),
                                            .saliency = map.values,
                                            .lesion = lesion});
  const study::Sample& sample = folder.samples()[index];
  const std::string file = file_name(number, sample.sample_id);
  ALVEUS_TRY(sys::write_file(out / file, imaging::encode_png_rgb(drawn.rgb, drawn.width, drawn.height)));
  const auto scores = explain::score_saliency(map.values, lung, lesion);
  const auto share = [](double value) { return core::float_text(static_cast<float>(value)); };
  table.add({file, explainer.model.report.variant.id, sample.sample_id, sample.patient_id,
             std::to_string(sample.target), share(gradient.probability), cell(scores.energy_in_lung, share),
             cell(scores.energy_in_lesion, share), cell(scores.lesion_share_of_lung, share),
             cell(scores.pointing_hit, [](bool hit) { return std::string(hit ? "1" : "0"); })});
  return {};
}

/// Pictures of 224 pixels, which most networks were made for, have a last map of 7 x 7; a map of 2 x 2 shows nothing.
bool is_too_coarse(const learn::MapDescription& map, const learn::TensorFolder& folder) {
  constexpr std::size_t kSideMin = 7;
  return std::min(folder.height(), folder.width()) / static_cast<std::size_t>(map.stride) < kSideMin;
}

/// The feature map that `layer` names, among those the network has.
core::Result<learn::FeatureMap> choose_map(std::string_view layer, const learn::NetworkDescription& network,
                                           const learn::TensorFolder& folder) {
  const auto* const last = network.find(learn::FeatureMap::kLast);
  const auto* const finer = network.find(learn::FeatureMap::kNextToLast);
  const auto* const wanted =
      layer == "last" || (layer == "auto" && (finer == nullptr || !is_too_coarse(*last, folder))) ? last : finer;
  if (wanted != nullptr) return wanted->map;
  return core::fail(ErrorCode::kInvalidInput,
                    "the network " + network.name + " has no feature map next to the last; use --layer last or auto");
}

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, cmdline::Terminal& terminal) {
  const std::int64_t count = flags.integer("count");
  if (count < 1 || count > kCountMax) {
    return core::fail(ErrorCode::kInvalidInput, "--count must be from 1 to " + std::to_string(kCountMax));
  }
  ALVEUS_TRY_ASSIGN(auto out, ResultFolder::make(flags.text("out"), std::string(kTableFile)));
  ALVEUS_TRY_ASSIGN(const auto inference, open_inference(flags));
  const auto& [model, folder, folds] = inference;
  ALVEUS_TRY_ASSIGN(const auto map, choose_map(flags.text("layer"), model.network.description(), folder));
  const Explainer explainer = {.model = model, .folder = folder, .feature_map = map};
  ALVEUS_TRY_ASSIGN(const auto slices, choose_slices(explainer, folds, static_cast<std::size_t>(count)));

  core::CsvTable table({"file", "variant", "sample_id", "patient_id", "target", "probability", "energy_in_lung",
                        "energy_in_lesion", "lesion_share_of_lung", "pointing_hit"});
  for (std::size_t i = 0; i < slices.size(); ++i) {
    ALVEUS_TRY(explain_slice(explainer, slices[i], i + 1, out.path(), table));
  }
  ALVEUS_TRY(sys::write_file(out.path() / kTableFile, table.text()));
  ALVEUS_TRY(out.commit());
  terminal.message(model.report.variant.id + ": " + std::to_string(slices.size()) + " slices explained");
  return cmdline::ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_explain_command() {
  using Kind = cmdline::Flag::Kind;
  cmdline::Command command;
  command.name = "explain";
  command.summary = "show and score which parts of a picture decided";
  command.details =
      "Shows slices of the fold's test part with Grad-CAM: where the network finds what speaks for the positive class. "
      "Chosen are in turn the most confident true positives, true negatives, false positives and false negatives, of "
      "different patients where it can. explanations.csv says how much of each map lies in the lung and in the "
      "lesions, "
      "next to the share of the lung that is lesion (what chance would reach), and whether the highest pixel lies in a "
      "lesion; a cell is empty where there is no mask or the map is zero everywhere.";
  command.flags = {
      model_flag(),
      tensors_flag(),
      folds_flag(),
      {.name = "out", .value_name = "DIR", .help = "the folder for pictures and table; replaced", .required = true},
      {.name = "count", .kind = Kind::kInteger, .value_name = "N", .help = "slices at most", .fallback = "6"},
      {.name = "layer",
       .value_name = "NAME",
       .help = "the feature map: the last one, or the finer one a stage before it; auto takes the finer one where the "
               "last is smaller than 7 x 7",
       .fallback = "auto",
       .choices = {"auto", "last", "next-to-last"}},
      threads_flag(),
      device_flag(),
  };
  command.run = [](const cmdline::Flags& flags, std::span<const std::string>, cmdline::Terminal& terminal) {
    return run(flags, terminal);
  };
  return command;
}

}  // namespace alveus::lab
