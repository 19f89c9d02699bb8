// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <filesystem>

#include "cmdline/terminal.hpp"
#include "core/csv.hpp"
#include "lab/commands.hpp"
#include "lab/network_flags.hpp"
#include "lab/trained_model.hpp"
#include "learn/predictor.hpp"
#include "sys/file.hpp"

namespace alveus::lab {
namespace {

/// Adds the probabilities of one part of the fold to the table.
core::Status add_part(core::CsvTable& table, const TrainedModel& model, const learn::TensorFolder& folder,
                      const study::FoldTable& folds, study::Role role) {
  const study::Variant& variant = model.report.variant;
  std::vector<learn::Example> examples;
  for (const std::size_t index : learn::samples_of(folder, folds, variant.fold, role)) {
    examples.push_back({.index = index, .target = folder.samples()[index].target, .quarter_turns = 0});
  }
  ALVEUS_TRY_ASSIGN(const auto logits, learn::predict_logits(model.network, folder, examples, {}));
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const study::Sample& sample = folder.samples()[examples[i].index];
    const double probability = learn::positive_probability(logits[2 * i], logits[2 * i + 1]);
    table.add({variant.id, variant.configuration, std::to_string(variant.fold), std::string(study::name_of(role)),
               sample.sample_id, sample.patient_id, std::to_string(sample.target),
               core::float_text(static_cast<float>(probability))});
  }
  return {};
}

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, cmdline::Terminal& terminal) {
  ALVEUS_TRY_ASSIGN(const auto inference, open_inference(flags));
  const auto& [model, folder, folds] = inference;
  core::CsvTable table(
      {"variant", "configuration", "fold", "role", "sample_id", "patient_id", "target", "probability"});
  for (const auto role : std::array{study::Role::kTest, study::Role::kValidation}) {
    ALVEUS_TRY(add_part(table, model, folder, folds, role));
  }
  ALVEUS_TRY(sys::write_file(flags.text("out"), table.text()));
  terminal.message(model.report.variant.id + ": " + std::to_string(table.row_count()) + " slices scored");
  return cmdline::ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_predict_command() {
  cmdline::Command command;
  command.name = "predict";
  command.summary = "compute the probabilities of a trained variant";
  command.details =
      "Writes a table with the probability of the positive class for every slice of the fold's parts test and val: "
      "variant,configuration,fold,role,sample_id,patient_id,target,probability. Folds other than those of the training "
      "are refused.";
  command.flags = {
      model_flag(),   tensors_flag(),
      folds_flag(),   {.name = "out", .value_name = "FILE", .help = "the table", .required = true},
      threads_flag(), device_flag(),
  };
  command.run = [](const cmdline::Flags& flags, std::span<const std::string>, cmdline::Terminal& terminal) {
    return run(flags, terminal);
  };
  return command;
}

}  // namespace alveus::lab
