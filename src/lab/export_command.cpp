// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "cmdline/terminal.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "lab/commands.hpp"
#include "lab/network_flags.hpp"
#include "lab/trained_model.hpp"
#include "learn/runtime.hpp"
#include "learn/torchscript.hpp"
#include "sys/file.hpp"
#include "tensorfile/safetensors.hpp"
#include "tensorfile/torch_file.hpp"

namespace alveus::lab {
namespace {

using core::ErrorCode;
namespace fs = std::filesystem;

constexpr std::string_view kCardName = "alveus.json";
constexpr std::int64_t kSlices = 4;  // of a bag that the program is checked with; it takes any number

/// What somebody needs to feed the model and to read its answers.
core::Value model_card(const TrainedModel& model) {
  const TrainingReport& report = model.report;
  core::Object card = {{"format_version", 1},
                       {"network", model.network.options().name},
                       {"in_channels", model.network.options().in_channels},
                       {"classes", core::Array{report.classes[0], report.classes[1]}},
                       {"output", "logits [N, 2]; softmax gives probabilities in the order of 'classes'"},
                       {"input", std::string(name_of(model.network.description().input))},
                       {"values", "float32 from 0 to 1: the 8-bit value / 255"},
                       {"pictures", report.pictures},
                       {"variant", report.variant.id},
                       {"parameters", report.parameters},
                       {"weights_sha256", report.weights_sha256},
                       {"use", "research only"}};
  if (report.start_weights) card.set("start_weights", to_value(*report.start_weights));
  return core::Value(card);
}

core::Result<std::int64_t> side_of(const core::Value& pictures, std::string_view name, const std::string& folder) {
  const core::Value* const side = pictures.find(name);
  if (side != nullptr && side->is_integer() && side->as_integer() > 0) return side->as_integer();
  return core::fail(ErrorCode::kInvalidInput,
                    "training.json does not say for which pictures the model was trained; train it again", folder);
}

/// Of one input of the network, as the pictures of the training were.
core::Result<std::vector<std::int64_t>> input_shape(const TrainedModel& model, const fs::path& folder) {
  ALVEUS_TRY_ASSIGN(const auto height, side_of(model.report.pictures, "height", folder.string()));
  ALVEUS_TRY_ASSIGN(const auto width, side_of(model.report.pictures, "width", folder.string()));
  const std::int64_t channels = model.network.options().in_channels;
  switch (model.network.description().input) {
    case learn::InputKind::kPictures: return std::vector{channels, height, width};
    case learn::InputKind::kVolumes:
      return std::vector{channels, model.network.description().usual.depth, height, width};
    case learn::InputKind::kBags: return std::vector{kSlices, channels, height, width};
  }
  return core::fail(ErrorCode::kInternal, "a network takes one of three kinds of inputs");
}

core::Status export_torchscript(const TrainedModel& model, const fs::path& folder, const fs::path& out) {
  learn::TorchScriptOptions options;
  ALVEUS_TRY_ASSIGN(options.picture_shape, input_shape(model, folder));
  options.extra_files.emplace(kCardName, core::to_json(model_card(model), core::JsonStyle::kIndented) + "\n");
  return learn::write_torchscript(out, model.network, options);
}

core::Status export_weights(const TrainedModel& model, const fs::path& folder, const std::string& format,
                            const fs::path& out) {
  ALVEUS_TRY_ASSIGN(const auto weights, tensorfile::SafetensorsFile::open(folder / "model.safetensors"));
  if (format == "torch") {
    ALVEUS_TRY(tensorfile::write_torch_file(out, weights.tensors()));
    return {};
  }
  tensorfile::TextMap metadata = weights.metadata();
  metadata["format"] = "pt";  // what other readers ask for: names and layouts are PyTorch's
  metadata.emplace(kCardName, core::to_json(model_card(model)));
  ALVEUS_TRY(tensorfile::write_safetensors(out, weights.tensors(), metadata));
  return {};
}

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, cmdline::Terminal& terminal) {
  ALVEUS_TRY(learn::start_torch(static_cast<int>(flags.integer("threads"))));
  const fs::path folder = flags.text("model");
  const fs::path out = flags.text("out");
  const std::string format = flags.text("format");
  ALVEUS_TRY_ASSIGN(const auto model, open_model(folder, learn::Device::kCpu));
  ALVEUS_TRY(format == "torchscript" ? export_torchscript(model, folder, out)
                                     : export_weights(model, folder, format, out));
  ALVEUS_TRY_ASSIGN(const auto written, sys::MappedFile::open(out));
  terminal.message(model.report.variant.id + ": " + format + ", " + std::to_string(written.bytes().size()) +
                   " bytes, sha256 " + core::hash_text(core::HashKind::kSha256, written.bytes()));
  return cmdline::ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_export_command() {
  cmdline::Command command;
  command.name = "export";
  command.summary = "write a trained model for other programs";
  command.details =
      "Writes the network of a model folder to one file.\n\n"
      "torchscript: a program that torch.jit.load runs in Python or C++ without Alveus, on CPU or GPU, for batches of "
      "any size. It takes pictures [N, C, height, width] with values from 0 to 1 and gives logits. Before the file "
      "appears it is run beside the network and must give the same logits. Its parameters have the names of "
      "torchvision's network. The extra file 'alveus.json' in it tells the window, the crop and the size that the "
      "pictures were made with, the classes, and where the weights come from:\n"
      "    extra = {'alveus.json': ''}; model = torch.jit.load('model.pt', _extra_files=extra)\n\n"
      "safetensors, torch: the weights alone, the second as torch.load reads them; the network then is built by the "
      "program that reads them (torchvision, for the networks it has).";
  command.flags = {
      model_flag(),
      {.name = "out", .value_name = "FILE", .help = "The file to write.", .required = true},
      {.name = "format",
       .value_name = "NAME",
       .help = "What to write.",
       .fallback = "torchscript",
       .choices = {"torchscript", "safetensors", "torch"}},
      threads_flag(),
  };
  command.run = [](const cmdline::Flags& flags, std::span<const std::string>, cmdline::Terminal& terminal) {
    return run(flags, terminal);
  };
  return command;
}

}  // namespace alveus::lab
