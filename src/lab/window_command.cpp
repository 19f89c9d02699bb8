// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <tuple>

#include "cmdline/terminal.hpp"
#include "lab/commands.hpp"
#include "lab/file_threads.hpp"
#include "lab/result_folder.hpp"
#include "lab/study_table.hpp"
#include "lab/tensor_writer.hpp"
#include "sys/file.hpp"

namespace alveus::lab {
namespace {

using cmdline::Flags;
using core::ErrorCode;
using Kind = cmdline::Flag::Kind;

constexpr std::int64_t kSizeMin = 16;
constexpr std::int64_t kSizeMax = 2048;

core::Result<WindowSettings> settings_of(const Flags& flags) {
  WindowSettings settings;
  const std::int64_t size = flags.integer("size");
  if (size < kSizeMin || size > kSizeMax) {
    return core::fail(ErrorCode::kInvalidInput, "--size is " + std::to_string(size) + "; it must be from " +
                                                    std::to_string(kSizeMin) + " to " + std::to_string(kSizeMax));
  }
  settings.size = static_cast<std::size_t>(size);
  settings.window = {flags.real("low"), flags.real("high")};
  if (!(std::isfinite(settings.window.low) && std::isfinite(settings.window.high) &&
        settings.window.low < settings.window.high)) {
    return core::fail(ErrorCode::kInvalidInput, "--low must be below --high");
  }
  settings.margin = flags.real("margin");
  if (!(settings.margin >= 0 && settings.margin <= 1)) {
    return core::fail(ErrorCode::kInvalidInput, "--margin must be from 0 to 1");
  }
  const std::string crop = flags.text("crop");
  settings.crop = crop == "full"     ? Crop::kFull
                  : crop == "masked" ? Crop::kMasked
                  : crop == "scan"   ? Crop::kScan
                                     : Crop::kLung;
  settings.pixel_type = flags.text("dtype") == "float16" ? learn::PixelType::kFloat16 : learn::PixelType::kUint8;
  settings.aspect = flags.text("aspect") == "stretch" ? Aspect::kStretch : Aspect::kKeep;
  ALVEUS_TRY_ASSIGN(settings.thread_count, file_threads(flags));
  return settings;
}

core::Result<cmdline::ExitStatus> run(const Flags& flags, std::span<const std::string>, cmdline::Terminal& terminal) {
  ALVEUS_TRY_ASSIGN(const WindowSettings settings, settings_of(flags));
  const std::string file = flags.text("study");
  ALVEUS_TRY_ASSIGN(const std::string text, sys::read_file(file));
  ALVEUS_TRY_ASSIGN(std::vector<StudySlice> slices, parse_study(file, text));
  std::ranges::sort(slices, {}, [](const StudySlice& slice) { return std::tie(slice.patient_id, slice.sample_id); });
  ALVEUS_TRY_ASSIGN(ResultFolder folder, ResultFolder::make(flags.text("out"), "tensors.json"));
  const auto warnings = write_tensors(flags.text("data"), slices, settings, folder.path(), [&](std::size_t done) {
    terminal.status("window: slice " + std::to_string(done + 1) + " of " + std::to_string(slices.size()));
  });
  terminal.clear_status();
  if (!warnings) return core::fail(warnings.error());
  ALVEUS_TRY(folder.commit());
  for (const std::string& warning : *warnings) terminal.warning(warning);
  terminal.message("window: " + std::to_string(slices.size()) + " slices of " + std::to_string(settings.size) + " x " +
                   std::to_string(settings.size) + " pixels");
  return cmdline::ExitStatus::kDone;
}

cmdline::Flag real_flag(std::string name, std::string value_name, std::string help, std::string fallback) {
  return {.name = std::move(name),
          .kind = Kind::kReal,
          .value_name = std::move(value_name),
          .help = std::move(help),
          .fallback = std::move(fallback)};
}

}  // namespace

cmdline::Command make_window_command() {
  cmdline::Command command;
  command.name = "window";
  command.summary = "map the fixed window, crop to the lungs, resize";
  command.details =
      "Reads the slices of study.csv and writes a tensor folder: pixels.u8 (all pictures as one array; pixels.f16 with "
      "--dtype float16), lung.u8 and lesion.u8 where masks are known, samples.csv and tensors.json. Every training of "
      "the study maps it.\n\n"
      "Hounsfield units from --low to --high become 0 to 255 by two constants, never by what a picture holds; grey "
      "pictures stay as they are. The lungs are those of the study's mask files, else, in Hounsfield units, found by "
      "threshold and morphology; where none are known, crop 'lung' takes the whole picture.";
  command.flags = {
      {.name = "study", .value_name = "FILE", .help = "study.csv of 'alveus ingest'.", .required = true},
      {.name = "data",
       .value_name = "DIR",
       .help = "The folder that the study's paths are relative to.",
       .required = true},
      {.name = "out", .value_name = "DIR", .help = "The tensor folder; replaced.", .required = true},
      {.name = "size",
       .kind = Kind::kInteger,
       .value_name = "N",
       .help = "Pixels along each side of a picture, 16 to 2048.",
       .fallback = "128"},
      real_flag("low", "HU", "What becomes black.", "-1250"),
      real_flag("high", "HU", "What becomes white.", "250"),
      {.name = "crop",
       .value_name = "PART",
       .help = "The part of a slice to keep: the box around its lungs, the same with black outside the lungs, the box "
               "around the lungs of its whole scan (slices stay in register, for networks that look at scans), or all.",
       .fallback = "lung",
       .choices = {"lung", "full", "masked", "scan"}},
      real_flag("margin", "SHARE", "Share of the lung box added on each side.", "0.05"),
      {.name = "dtype",
       .value_name = "TYPE",
       .help = "How pixels are kept: in 256 levels from black to white, or in levels eight times as fine or finer and "
               "twice "
               "the memory.",
       .fallback = "uint8",
       .choices = {"uint8", "float16"}},
      {.name = "aspect",
       .value_name = "HOW",
       .help = "Whether the part is made square by adding to it, or by stretching.",
       .fallback = "keep",
       .choices = {"keep", "stretch"}},
      file_threads_flag(),
  };
  command.run = run;
  return command;
}

}  // namespace alveus::lab
