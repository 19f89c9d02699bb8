// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <numeric>

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
#include "sys/file.hpp"

namespace alveus::lab {
namespace {

using core::ErrorCode;
namespace fs = std::filesystem;

constexpr std::int64_t kCountMax = 10'000;
constexpr std::string_view kTableFile = "explanations.csv";

constexpr std::string_view kSlicesFile = "slices.csv";

/// Everything the pictures of one model are made from.
struct Explainer {
  const Inference& inference;
  learn::ExampleSource source;
  learn::FeatureMap feature_map;

  const learn::TensorFolder& folder() const { return inference.folder; }
};

/// The slices or scans to show, by index.
core::Result<std::vector<std::size_t>> choose_examples(const Explainer& explainer, std::size_t count) {
  const learn::ExampleSource& source = explainer.source;
  const auto examples = source.part(explainer.inference.folds, explainer.inference.variant().fold, study::Role::kTest);
  ALVEUS_TRY_ASSIGN(const auto probabilities, predict_examples(explainer.inference, examples));
  std::vector<explain::Candidate> candidates;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const std::size_t index = examples[i].index;
    candidates.push_back({.sample_id = source.name(index),
                          .patient_id = source.patient(index),
                          .target = source.target(index),
                          .probability = probabilities[i]});
  }
  std::vector<std::size_t> chosen;
  for (const std::size_t place : explain::choose_cases(candidates, count)) chosen.push_back(examples[place].index);
  return chosen;
}

std::string file_name(std::size_t number, const std::string& sample_id) {
  return (number < 10 ? "0" : "") + std::to_string(number) + "_" + sample_id + ".png";
}

template <typename T, typename Text>
std::string cell(const std::optional<T>& value, Text text) {
  return value ? text(*value) : std::string();
}

/// The map of a slice, or of each slice that the network sees of a scan.
struct Explanation {
  std::vector<std::size_t> slices;  ///< by index into the folder
  std::vector<explain::SaliencyMap> maps;
  std::vector<float> attention;  ///< of each slice; empty where the network has none
  double probability = 0;
};

double sum_of(const explain::SaliencyMap& map) { return std::accumulate(map.values.begin(), map.values.end(), 0.0); }

/// The shares of some depths as shares of more slices: those that lie in one depth have it in even parts.
std::vector<float> spread(const std::vector<float>& shares, std::size_t slices) {
  if (shares.empty()) return {};
  std::vector<std::size_t> depths;
  for (std::size_t i = 0; i < slices; ++i) depths.push_back(i * shares.size() / slices);
  std::vector<float> all;
  for (const std::size_t depth : depths) {
    all.push_back(shares[depth] / static_cast<float>(std::ranges::count(depths, depth)));
  }
  return all;
}

core::Result<Explanation> explain_example(const Explainer& explainer, std::size_t index) {
  ALVEUS_TRY_ASSIGN(const auto gradient, learn::feature_gradient(explainer.inference.model.network, explainer.source,
                                                                 index, explainer.feature_map));
  const auto& form = explainer.source.form();
  const bool is_bag = form && form->kind == learn::InputKind::kBags;
  const auto maps = explain::grad_cam({.channels = gradient.channels,
                                       .depth = gradient.depth,
                                       .height = gradient.height,
                                       .width = gradient.width,
                                       .features = gradient.features,
                                       .gradient = gradient.gradient},
                                      is_bag ? explain::Weighing::kEachDepth : explain::Weighing::kWhole);
  Explanation explanation;
  explanation.slices = explainer.source.slices(index);
  const std::size_t count = explanation.slices.size();
  explanation.maps = explain::enlarge(maps, count, explainer.folder().height(), explainer.folder().width());
  explanation.attention = spread(gradient.attention, count);
  explanation.probability = gradient.probability;
  return explanation;
}

/// By place: where the map is strongest, or the middle where it is nothing everywhere.
std::size_t slice_to_show(const Explanation& explanation) {
  const auto strongest = std::ranges::max_element(explanation.maps, {}, sum_of);
  if (sum_of(*strongest) == 0) return explanation.maps.size() / 2;
  return static_cast<std::size_t>(strongest - explanation.maps.begin());
}

/// Over all slices together.
explain::SaliencyScores scores_of(const learn::TensorFolder& folder, const Explanation& explanation) {
  std::vector<float> saliency;
  std::vector<std::uint8_t> lung;
  std::vector<std::uint8_t> lesion;
  for (std::size_t i = 0; i < explanation.slices.size(); ++i) {
    const auto& values = explanation.maps[i].values;
    saliency.insert(saliency.end(), values.begin(), values.end());
    const auto lung_here = folder.lung(explanation.slices[i]).value_or(learn::TensorFolder::Bytes());
    lung.insert(lung.end(), lung_here.begin(), lung_here.end());
    const auto lesion_here = folder.lesion(explanation.slices[i]).value_or(learn::TensorFolder::Bytes());
    lesion.insert(lesion.end(), lesion_here.begin(), lesion_here.end());
  }
  return explain::score_saliency(saliency, lung, lesion);
}

std::string share_text(double value) { return core::float_text(static_cast<float>(value)); }

/// The tables of one model.
struct Tables {
  core::CsvTable explanations{{"file", "variant", "sample_id", "patient_id", "target", "probability", "energy_in_lung",
                               "energy_in_lesion", "lesion_share_of_lung", "pointing_hit", "slice_id"}};
  core::CsvTable slices{{"sample_id", "place", "slice_id", "map_share", "attention"}};
};

/// What each slice has of the scan's map, and of the network's attention.
void add_slices(core::CsvTable& table, const Explainer& explainer, std::size_t index, const Explanation& explanation) {
  double sum = 0;
  for (const auto& map : explanation.maps) sum += sum_of(map);
  for (std::size_t i = 0; i < explanation.slices.size(); ++i) {
    table.add({explainer.source.name(index), std::to_string(i),
               explainer.folder().samples()[explanation.slices[i]].sample_id,
               sum > 0 ? share_text(sum_of(explanation.maps[i]) / sum) : "",
               explanation.attention.empty() ? "" : core::float_text(explanation.attention[i])});
  }
}

/// Writes the picture of one slice or scan and adds its rows.
core::Status show_example(const Explainer& explainer, std::size_t index, std::size_t number, const fs::path& out,
                          Tables& tables) {
  ALVEUS_TRY_ASSIGN(const auto explanation, explain_example(explainer, index));
  const learn::TensorFolder& folder = explainer.folder();
  const std::size_t place = slice_to_show(explanation);
  const std::size_t slice = explanation.slices[place];
  const std::vector<std::uint8_t> grey = learn::to_bytes(folder.picture(slice));
  const auto drawn = explain::draw_overlay({.height = folder.height(),
                                            .width = folder.width(),
                                            .picture = grey,
                                            .saliency = explanation.maps[place].values,
                                            .lesion = folder.lesion(slice).value_or(learn::TensorFolder::Bytes())});
  const learn::ExampleSource& source = explainer.source;
  const std::string file = file_name(number, source.name(index));
  ALVEUS_TRY(sys::write_file(out / file, imaging::encode_png_rgb(drawn.rgb, drawn.width, drawn.height)));
  const auto scores = scores_of(folder, explanation);
  tables.explanations.add({file, explainer.inference.variant().id, source.name(index), source.patient(index),
                           std::to_string(source.target(index)), share_text(explanation.probability),
                           cell(scores.energy_in_lung, share_text), cell(scores.energy_in_lesion, share_text),
                           cell(scores.lesion_share_of_lung, share_text),
                           cell(scores.pointing_hit, [](bool hit) { return std::string(hit ? "1" : "0"); }),
                           folder.samples()[slice].sample_id});
  if (source.form()) add_slices(tables.slices, explainer, index, explanation);
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
  ALVEUS_TRY_ASSIGN(const auto map,
                    choose_map(flags.text("layer"), inference.model.network.description(), inference.folder));
  ALVEUS_TRY_ASSIGN(const auto source, source_of(inference));
  const Explainer explainer = {.inference = inference, .source = source, .feature_map = map};
  ALVEUS_TRY_ASSIGN(const auto chosen, choose_examples(explainer, static_cast<std::size_t>(count)));

  Tables tables;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    ALVEUS_TRY(show_example(explainer, chosen[i], i + 1, out.path(), tables));
  }
  ALVEUS_TRY(sys::write_file(out.path() / kTableFile, tables.explanations.text()));
  if (source.form()) ALVEUS_TRY(sys::write_file(out.path() / kSlicesFile, tables.slices.text()));
  ALVEUS_TRY(out.commit());
  terminal.message(inference.variant().id + ": " + std::to_string(chosen.size()) + " " +
                   std::string(study::name_of(inference.unit())) + "s explained");
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
      "lesion; a cell is empty where there is no mask or the map is zero everywhere.\n\n"
      "Of a network that looks at scans the map lies over the whole scan, and so do its scores; the picture is of the "
      "slice that has most of it (slice_id). slices.csv lists each slice that the network looked at: its share of the "
      "map, and its share of the network's attention where it weighs slices (attention_mil, ad3d_mil).";
  command.flags = {
      model_flag(),
      tensors_flag(),
      folds_flag(),
      {.name = "out", .value_name = "DIR", .help = "The folder for pictures and table; replaced.", .required = true},
      {.name = "count",
       .kind = Kind::kInteger,
       .value_name = "N",
       .help = "Slices, or scans, at most.",
       .fallback = "6"},
      {.name = "layer",
       .value_name = "NAME",
       .help = "The feature map: the last one, or the finer one a stage before it; auto takes the finer one where the "
               "last is smaller than 7 x 7.",
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
