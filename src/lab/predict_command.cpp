// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <filesystem>

#include "cmdline/terminal.hpp"
#include "core/csv.hpp"
#include "lab/commands.hpp"
#include "lab/network_flags.hpp"
#include "lab/trained_model.hpp"
#include "sys/file.hpp"

namespace alveus::lab {
namespace {

/// Adds the probabilities of one part of the fold to the table.
core::Status add_part(core::CsvTable& table, const Inference& inference, const learn::ExampleSource& source,
                      study::Role role) {
  const study::Variant& variant = inference.variant();
  const auto examples = source.part(inference.folds, variant.fold, role);
  ALVEUS_TRY_ASSIGN(const auto probabilities, predict_examples(inference, examples));
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const std::size_t index = examples[i].index;
    table.add({variant.id, variant.configuration, std::to_string(variant.fold), std::string(study::name_of(role)),
               source.name(index), source.patient(index), std::to_string(source.target(index)),
               core::float_text(static_cast<float>(probabilities[i])), std::string(study::name_of(inference.unit()))});
  }
  return {};
}

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, cmdline::Terminal& terminal) {
  ALVEUS_TRY_ASSIGN(const auto inference, open_inference(flags));
  ALVEUS_TRY_ASSIGN(const auto source, source_of(inference));
  core::CsvTable table(
      {"variant", "configuration", "fold", "role", "sample_id", "patient_id", "target", "probability", "unit"});
  for (const auto role : std::array{study::Role::kTest, study::Role::kValidation}) {
    ALVEUS_TRY(add_part(table, inference, source, role));
  }
  ALVEUS_TRY(sys::write_file(flags.text("out"), table.text()));
  terminal.message(inference.variant().id + ": " + std::to_string(table.row_count()) + " " +
                   std::string(study::name_of(inference.unit())) + "s scored");
  return cmdline::ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_predict_command() {
  cmdline::Command command;
  command.name = "predict";
  command.summary = "compute the probabilities of a trained variant";
  command.details =
      "Writes a table with the probability of the positive class for every slice of the fold's parts test and val, or "
      "for every scan where the network looks at scans: variant,configuration,fold,role,sample_id,patient_id,target,"
      "probability,unit. The sample_id of a scan is that of its series, the unit 'slice' or 'scan'. Folds other than "
      "those of the training are refused.";
  command.flags = {
      model_flag(),   tensors_flag(),
      folds_flag(),   {.name = "out", .value_name = "FILE", .help = "The table.", .required = true},
      threads_flag(), device_flag(),
  };
  command.run = [](const cmdline::Flags& flags, std::span<const std::string>, cmdline::Terminal& terminal) {
    return run(flags, terminal);
  };
  return command;
}

}  // namespace alveus::lab
