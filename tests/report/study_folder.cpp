// SPDX-License-Identifier: Apache-2.0
#include "report/study_folder.hpp"

#include <cmath>
#include <cstdlib>

#include "core/csv.hpp"
#include "core/json.hpp"
#include "sys/file.hpp"

namespace alveus::report {
namespace {

using core::Array;
using core::Object;
using core::Value;

void expect(const core::Status& status) {
  if (!status) std::abort();
}

/// The quality of the n-th network: the first is the best.
double area_of(std::size_t network) { return 0.94 - 0.06 * static_cast<double>(network); }

Value estimate(double value, double half_width, std::string_view method) {
  return Object{{"value", value},
                {"low", std::max(0.0, value - half_width)},
                {"high", std::min(1.0, value + 0.6 * half_width)},
                {"interval", method}};
}

Value roc_of(double area) {
  // tpr = fpr^((1 - A) / A) has area A.
  Array points;
  for (int i = 0; i <= 12; ++i) {
    const double rate = i / 12.0;
    const Value threshold = i == 0 ? Value() : Value(1 - rate);
    points.push_back(Object{{"threshold", threshold}, {"fpr", rate}, {"tpr", std::pow(rate, (1 - area) / area)}});
  }
  return points;
}

Value histogram_of(int negatives, int positives) {
  Array edges;
  Array low;
  Array high;
  for (int i = 0; i <= 20; ++i) edges.push_back(i / 20.0);
  for (int i = 0; i < 20; ++i) {
    low.push_back(i < negatives ? 1 : 0);
    high.push_back(19 - i < positives ? 1 : 0);
  }
  return Object{{"edges", edges}, {"negatives", low}, {"positives", high}};
}

Value bins_of() {
  Array bins;
  for (int i = 0; i < 12; ++i) {
    const double probability = (i + 0.5) / 12;
    bins.push_back(Object{{"low", i / 12.0},
                          {"high", (i + 1) / 12.0},
                          {"mean_probability", probability},
                          {"observed", i % 3 == 0 ? 0.5 : (probability > 0.5 ? 1.0 : 0.0)},
                          {"count", 2}});
  }
  return bins;
}

Value metrics_of(double area) {
  Value metrics = Object{};
  metrics.set("auroc", estimate(area, 0.12, "delong-logit"));
  metrics.set("auprc", estimate(area - 0.01, 0.12, "bca"));
  for (const char* name : {"sensitivity", "specificity", "ppv", "npv", "accuracy"}) {
    metrics.set(name, estimate(area - 0.06, 0.16, "wilson"));
  }
  for (const char* name : {"balanced_accuracy", "f1", "mcc"}) metrics.set(name, estimate(area - 0.1, 0.2, "bca"));
  metrics.set("diagnostic_odds_ratio", Object{{"value", 48.3}, {"low", 5.1}, {"high", 455.0}, {"interval", "woolf"}});
  metrics.set("brier", estimate(0.11, 0.05, "bca"));
  metrics.set("log_loss", estimate(0.36, 0.1, "bca"));
  metrics.set("ece", Object{{"value", 0.09}, {"low", nullptr}, {"high", nullptr}, {"interval", nullptr}});
  metrics.set("calibration_slope", Object{{"value", 0.8}, {"low", 0.3}, {"high", 1.3}, {"interval", "wald"}});
  metrics.set("calibration_intercept", Object{{"value", -0.1}, {"low", -0.9}, {"high", 0.7}, {"interval", "wald"}});
  metrics.set("calibration_in_the_large", Object{{"value", -0.08}, {"low", -0.7}, {"high", 0.6}, {"interval", "wald"}});
  return metrics;
}

Value level_of(double area, int count, int patients) {
  Array predictive;
  for (const double prevalence : {0.05, 0.2, 0.5}) {
    predictive.push_back(Object{{"prevalence", prevalence}, {"ppv", 0.3 + prevalence}, {"npv", 0.99 - prevalence / 5}});
  }
  return Object{{"count", count},
                {"positives", count / 2},
                {"negatives", count - count / 2},
                {"patients", patients},
                {"confusion", Object{{"tp", count / 2 - 1}, {"fn", 1}, {"fp", 2}, {"tn", count - count / 2 - 2}}},
                {"metrics", metrics_of(area)},
                {"predictive_values", predictive},
                {"calibration", Object{{"bins", bins_of()}}},
                {"roc", roc_of(area)},
                {"histogram", histogram_of(count - count / 2, count / 2)}};
}

}  // namespace

std::string tiny_png() {
  // 1 x 1, 8-bit grey, black.
  static constexpr unsigned char kBytes[] = {
      0x89, 'P',  'N',  'G',  0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 'I',  'H',  'D',  'R',  0x00,
      0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3A, 0x7E, 0x9B, 0x55, 0x00,
      0x00, 0x00, 0x0A, 'I',  'D',  'A',  'T',  0x78, 0x9C, 0x63, 0x60, 0x00, 0x00, 0x00, 0x02, 0x00, 0x01,
      0x48, 0xAF, 0xA4, 0x71, 0x00, 0x00, 0x00, 0x00, 'I',  'E',  'N',  'D',  0xAE, 0x42, 0x60, 0x82};
  return {reinterpret_cast<const char*>(kBytes), sizeof(kBytes)};
}

StudyFolder::StudyFolder(StudyShape shape) : shape_(std::move(shape)) {
  auto made = sys::TemporaryDirectory::make("alveus-report-test");
  if (!made) std::abort();
  root_ = made->release();
  write_metrics();
  write_comparison();
  write_data();
  for (std::size_t network = 0; network < shape_.networks.size(); ++network) {
    for (int fold = 0; fold < shape_.folds; ++fold) {
      write_training(network, fold);
      write_explanations(network, fold);
    }
  }
  if (shape_.has_failure) {
    write_json("training/broken-f0/failure.json",
               Object{{"variant", "broken-f0"}, {"step", "train"}, {"reason", shape_.failure_reason}});
  }
}

StudyFolder::~StudyFolder() {
  if (!sys::remove_tree(root_)) std::abort();
}

std::string StudyFolder::configuration(std::size_t network) const {
  return shape_.networks[network] + "-lr0.0003-step3-wd0.0001-5d0a41c2";
}

std::string StudyFolder::variant(std::size_t network, int fold) const {
  return configuration(network) + "-f" + std::to_string(fold);
}

void StudyFolder::write(const std::string& name, std::string_view text) const {
  expect(sys::make_directories((root_ / name).parent_path()));
  expect(sys::write_file(root_ / name, text));
}

void StudyFolder::write_json(const std::string& name, const Value& value) const {
  write(name, core::to_json(value, core::JsonStyle::kIndented) + "\n");
}

StudyPaths StudyFolder::paths() const {
  StudyPaths paths{.comparison = root_ / "comparison",
                   .metrics = root_ / "metrics.json",
                   .training = {},
                   .explanations = {},
                   .study = root_ / "study",
                   .folds = root_ / "folds",
                   .tensors = root_ / "tensors"};
  for (std::size_t network = 0; network < shape_.networks.size(); ++network) {
    for (int fold = 0; fold < shape_.folds; ++fold) {
      const std::string folder = std::to_string(network) + "-" + std::to_string(fold);
      paths.training.push_back(root_ / "training" / folder);
      paths.explanations.push_back(root_ / "explanations" / folder);
    }
  }
  if (shape_.has_failure) paths.training.push_back(root_ / "training" / "broken-f0");
  return paths;
}

void StudyFolder::write_metrics() const {
  Array configurations;
  for (std::size_t network = 0; network < shape_.networks.size(); ++network) {
    Array variants;
    Array folds;
    Array thresholds;
    Array areas;
    for (int fold = 0; fold < shape_.folds; ++fold) {
      variants.push_back(variant(network, fold));
      folds.push_back(fold);
      thresholds.push_back(Object{{"fold", fold},
                                  {"patient", 0.41 + 0.03 * fold},
                                  {"slice", 0.5},
                                  {"source", fold == 2 ? "fallback" : "validation"}});
      areas.push_back(area_of(network) - 0.02 * fold);
    }
    configurations.push_back(
        Object{{"configuration", configuration(network)},
               {"variants", variants},
               {"folds", folds},
               {"seeds", 1},
               {"complete", true},
               {"thresholds", thresholds},
               {"per_fold_auroc", Object{{"mean", area_of(network) - 0.02}, {"sd", 0.02}, {"values", areas}}},
               {"per_seed_auroc", Object{{"mean", area_of(network)}, {"sd", nullptr}, {"values", Array{}}}},
               {"patient", level_of(area_of(network), shape_.patients, shape_.patients)},
               {"slice", level_of(area_of(network) - 0.05, 8 * shape_.patients, shape_.patients)}});
  }
  write_json(
      "metrics.json",
      Object{
          {"format", "alveus-metrics"},
          {"format_version", 1},
          {"settings",
           Object{
               {"aggregate", "mean"}, {"threshold", "youden"}, {"bootstrap", 2000}, {"seed", 1}, {"confidence", 0.95}}},
          {"scores_sha256", "5c0e"},
          {"variants", Array{}},
          {"configurations", configurations},
          {"failures", Array{}},
          {"warnings", Array{}}});
}

/// The folds prefer the second network, the last one the first.
Value StudyFolder::choice_of_validation() const {
  Array folds;
  for (int fold = 0; fold < shape_.folds && shape_.networks.size() > 1; ++fold) {
    folds.push_back(Object{
        {"fold", fold}, {"configuration", configuration(fold + 1 < shape_.folds ? 1 : 0)}, {"validation_auroc", 0.9}});
  }
  if (folds.empty()) return {};
  return Object{{"folds", std::move(folds)},
                {"patient",
                 Object{{"auroc", estimate(0.87, 0.12, "delong-logit")}, {"accuracy", estimate(0.79, 0.2, "wilson")}}}};
}

void StudyFolder::write_comparison() const {
  Array ranking;
  for (std::size_t network = 0; network < shape_.networks.size(); ++network) {
    const double behind = area_of(0) - area_of(network);
    Value versus;
    if (network > 0) {
      versus = Object{{"difference", -behind},
                      {"low", -behind - 0.09},
                      {"high", -behind + 0.08},
                      {"interval", "percentile"},
                      {"bootstrap_p", 0.04},
                      {"delong", Object{{"standard_error", 0.02}, {"z", -1.6}, {"p", 0.0004}, {"p_holm", 0.11}}},
                      {"mcnemar", Object{{"method", "exact"}, {"p", 0.63}, {"p_holm", 1.0}}},
                      {"separable", false}};
    }
    ranking.push_back(Object{{"rank", static_cast<std::int64_t>(network) + 1},
                             {"configuration", configuration(network)},
                             {"auroc", estimate(area_of(network), 0.12, "delong-logit")},
                             {"sensitivity", estimate(0.92 - 0.04 * static_cast<double>(network), 0.2, "wilson")},
                             {"specificity", estimate(0.83 - 0.04 * static_cast<double>(network), 0.2, "wilson")},
                             {"rank_low", 1},
                             {"rank_high", static_cast<std::int64_t>(shape_.networks.size())},
                             {"probability_best", 0.6 / static_cast<double>(network + 1)},
                             {"versus_best", versus}});
  }
  write_json("comparison/comparison.json",
             Object{{"format", "alveus-comparison"},
                    {"format_version", 1},
                    {"settings", Object{{"metric", "auroc"}, {"unit", "patient"}}},
                    {"scores_sha256", "5c0e"},
                    {"patients", shape_.patients},
                    {"positives", shape_.patients / 2},
                    {"negatives", shape_.patients - shape_.patients / 2},
                    {"best", shape_.networks.empty() ? Value() : Value(configuration(0))},
                    {"ranking", ranking},
                    {"selection", Object{{"apparent_auroc", 0.94},
                                         {"corrected_auroc", 0.91},
                                         {"low", 0.78},
                                         {"high", 0.99},
                                         {"resamples", 1996}}},
                    {"validation_choice", choice_of_validation()},
                    {"excluded", Array{}},
                    {"failures", Array{}},
                    {"warnings", Array{"fold 2: a threshold of 0.5 stands in for one of validation"}}});
  write("comparison/ranking.csv", "rank,configuration,auroc\n");
}

void StudyFolder::write_training(std::size_t network, int fold) const {
  const std::string folder = "training/" + std::to_string(network) + "-" + std::to_string(fold) + "/";
  const Value settings = Object{{"format_version", 1},
                                {"id", variant(network, fold)},
                                {"configuration", configuration(network)},
                                {"fold", fold},
                                {"network", shape_.networks[network]},
                                {"in_channels", 1},
                                {"initialisation", "scratch"},
                                {"learning_rate", 0.0003},
                                {"weight_decay", 0.0001},
                                {"optimizer", "adam-amsgrad"},
                                {"schedule", "step"},
                                {"clip_norm", 1.5},
                                {"averaging", "none"},
                                {"step_size", 3},
                                {"gamma", 0.1},
                                {"epochs", 12},
                                {"patience", 5},
                                {"batch_size", 16},
                                {"augmentation", shape_.augmentation},
                                {"loss", "cross-entropy-weighted"},
                                {"seed", 1}};
  write_json(folder + "training.json", Object{{"format_version", 1},
                                              {"variant", settings},
                                              {"classes", Array{shape_.negative, shape_.positive}},
                                              {"parameters", 6'955'906},
                                              {"weights_sha256", std::string(64, static_cast<char>('a' + fold))},
                                              {"best_epoch", 7},
                                              {"epochs_run", 12},
                                              {"stopped_early", true},
                                              {"best_validation_loss", 0.3712},
                                              {"tensors_sha256", std::string(64, 'e')},
                                              {"folds_sha256", std::string(64, 'f')},
                                              {"device", "cpu"},
                                              {"threads", 1}});
  core::CsvTable history({"epoch", "learning_rate", "train_loss", "val_loss", "val_auc"});
  for (int epoch = 1; epoch <= 12; ++epoch) {
    const double decay = std::exp(-0.3 * epoch);
    const double overfit = epoch > 7 ? 0.03 * (epoch - 7) : 0;
    history.add({std::to_string(epoch), "0.0003", core::number_text(0.12 + 0.6 * decay),
                 core::number_text(0.33 + 0.4 * decay + overfit + 0.02 * fold),
                 core::number_text(area_of(network) - 0.4 * decay)});
  }
  write(folder + "history.csv", history.text());
  write_json(folder + "timing.json",
             Object{{"training_seconds", 61.5 + fold}, {"pictures", 1536}, {"pictures_per_second", 24.9}});
}

void StudyFolder::write_explanations(std::size_t network, int fold) const {
  const std::string folder = "explanations/" + std::to_string(network) + "-" + std::to_string(fold) + "/";
  core::CsvTable table({"file", "variant", "sample_id", "patient_id", "target", "probability", "energy_in_lung",
                        "energy_in_lesion", "lesion_share_of_lung", "pointing_hit"});
  for (int i = 1; i <= 2; ++i) {
    const std::string sample = "P00" + std::to_string(3 * i + fold) + "_04";
    const std::string file = "0" + std::to_string(i) + "_" + sample + ".png";
    const bool positive = i == 1;
    table.add({file, variant(network, fold), sample, sample.substr(0, 4), positive ? "1" : "0",
               positive ? "0.931" : "0.12", "0.81", positive ? "0.34" : "", positive ? "0.12" : "",
               positive ? "1" : ""});
    write(folder + file, tiny_png());
  }
  write(folder + "explanations.csv", table.text());
}

void StudyFolder::write_data() const {
  core::CsvTable study({"sample_id", "path", "slice", "label", "target", "patient_id", "series_id", "split", "unit",
                        "lung_mask", "lesion_mask"});
  for (int patient = 0; patient < shape_.patients; ++patient) {
    const bool positive = patient % 2 == 0;
    const std::string id = "P" + std::to_string(100 + patient);
    for (int slice = 0; slice < 8; ++slice) {
      const std::string file = "slices/" + id + "_" + std::to_string(slice) + ".png";
      study.add({id + "_" + std::to_string(slice), file, std::to_string(slice),
                 positive ? shape_.positive : shape_.negative, positive ? "1" : "0", id, id, "", "hu", "masks/l.png",
                 positive ? "masks/x.png" : ""});
    }
  }
  write("study/study.csv", study.text());
  write("study/rejected.csv",
        "path,slice,reason\na.png,,not readable: no PNG signature\nb.png,,not readable: cut short\n"
        "c.png,,the same picture as 'd.png' of patient 'P101'\n");
  write_json("study/ingest.json", Object{{"positive", shape_.positive}});
  Array counts;
  for (int fold = 0; fold < shape_.folds; ++fold) {
    for (const char* role : {"train", "val", "test"}) {
      for (const int target : {0, 1}) {
        counts.push_back(Object{{"fold", fold}, {"role", role}, {"target", target}, {"patients", 4}, {"samples", 32}});
      }
    }
  }
  write_json("folds/folds.json", Object{{"format", "alveus-folds"},
                                        {"format_version", 1},
                                        {"method", "grouped"},
                                        {"seed", 1},
                                        {"folds", shape_.folds},
                                        {"sha256", std::string(64, 'f')},
                                        {"counts", counts}});
  write_json("tensors/tensors.json", Object{{"format_version", 1},
                                            {"count", 8 * shape_.patients},
                                            {"height", 64},
                                            {"width", 64},
                                            {"window", Object{{"low", -1250.0}, {"high", 250.0}}},
                                            {"crop", "lung"},
                                            {"aspect", "keep"},
                                            {"margin", 0.05},
                                            {"classes", Array{shape_.negative, shape_.positive}},
                                            {"has_lung", true},
                                            {"has_lesion", true}});
}

}  // namespace alveus::report
