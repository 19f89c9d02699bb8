// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "cmdline/terminal.hpp"
#include "core/csv.hpp"
#include "imaging/png.hpp"
#include "lab/commands.hpp"
#include "lab/contact_sheet.hpp"
#include "lab/network_flags.hpp"
#include "sys/file.hpp"

namespace alveus::lab {
namespace {

using core::ErrorCode;
using Kind = cmdline::Flag::Kind;

constexpr std::int64_t kCountMax = 64;
constexpr std::int64_t kVersionsMax = 16;

core::Result<std::int64_t> whole_number(const cmdline::Flags& flags, const char* name, std::int64_t least,
                                        std::int64_t most) {
  const std::int64_t number = flags.integer(name);
  if (number >= least && number <= most) return number;
  return core::fail(ErrorCode::kInvalidInput, std::string("--") + name + " must be from " + std::to_string(least) +
                                                  " to " + std::to_string(most));
}

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, cmdline::Terminal& terminal) {
  ALVEUS_TRY_ASSIGN(const auto augmentation, study::parse_augmentation(flags.text("augmentation")));
  ALVEUS_TRY_ASSIGN(const auto seed, whole_number(flags, "seed", 0, INT64_MAX));
  ALVEUS_TRY_ASSIGN(const auto epoch, whole_number(flags, "epoch", 1, 10'000));
  ALVEUS_TRY_ASSIGN(const auto count, whole_number(flags, "count", 1, kCountMax));
  ALVEUS_TRY_ASSIGN(const auto versions, whole_number(flags, "versions", 1, kVersionsMax));
  ALVEUS_TRY_ASSIGN(const auto folder, learn::TensorFolder::open(flags.text("tensors")));
  const SheetPlan plan = {.augmentation = augmentation,
                          .seed = static_cast<std::uint64_t>(seed),
                          .first_epoch = static_cast<std::uint64_t>(epoch),
                          .versions = static_cast<std::size_t>(versions),
                          .samples = spread_over_classes(folder, static_cast<std::size_t>(count))};
  const Sheet sheet = draw_contact_sheet(folder, plan);
  ALVEUS_TRY(sys::write_file(flags.text("out"), imaging::encode_png(sheet.pixels, sheet.width, sheet.height)));
  terminal.message(study::augmentation_text(augmentation) + ": " + study::describe_augmentation(augmentation));
  terminal.message(flags.text("out") + ": " + std::to_string(plan.samples.size()) + " slices, each beside " +
                   std::to_string(versions) + " epochs of it");
  return cmdline::ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_augment_command() {
  cmdline::Command command;
  command.name = "augment";
  command.summary = "show what an augmentation makes of slices, on a contact sheet";
  command.details =
      "Draws a PNG with a row for each of some slices of both classes: the slice, then what a training with this seed "
      "would see of it in one epoch after the other, with what was drawn below each.\n\n"
      "They are the pictures of a training on the CPU, to the bit (on a GPU they differ by rounding), but for the "
      "partners of mixup and cutmix: here they come "
      "from "
      "all slices, in a training from its own part of the fold.\n\n" +
      [] {
        std::string text = "Kinds, with their usual strengths:\n";
        for (const auto& kind : study::augmentation_names()) {
          text += "  " + std::string(kind.name) + ":" + core::number_text(kind.usual) + "  " +
                  std::string(kind.meaning) + "\n";
        }
        text += "Presets:";
        for (const auto& preset : study::augmentation_presets()) text += " " + std::string(preset.name);
        return text;
      }();
  command.flags = {
      tensors_flag(),
      {.name = "augmentation",
       .value_name = "TEXT",
       .help = "As a variant names it: a preset, or kinds like flip+affine:0.5+mixup.",
       .required = true},
      {.name = "out", .value_name = "FILE", .help = "The PNG; replaced.", .required = true},
      {.name = "seed", .kind = Kind::kInteger, .value_name = "N", .help = "The variant's seed.", .fallback = "1"},
      {.name = "epoch", .kind = Kind::kInteger, .value_name = "N", .help = "The first epoch to show.", .fallback = "1"},
      {.name = "count",
       .kind = Kind::kInteger,
       .value_name = "N",
       .help = "How many slices, a row each.",
       .fallback = "6"},
      {.name = "versions",
       .kind = Kind::kInteger,
       .value_name = "N",
       .help = "How many epochs, a column each.",
       .fallback = "5"},
  };
  command.run = [](const cmdline::Flags& flags, std::span<const std::string>, cmdline::Terminal& terminal) {
    return run(flags, terminal);
  };
  return command;
}

}  // namespace alveus::lab
