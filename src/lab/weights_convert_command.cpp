// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include "cmdline/terminal.hpp"
#include "lab/commands.hpp"
#include "tensorfile/safetensors.hpp"
#include "tensorfile/torch_file.hpp"
#include "tensorfile/weights_file.hpp"

namespace alveus::lab {
namespace {

using core::ErrorCode;
namespace fs = std::filesystem;

core::Result<std::string> write(const tensorfile::WeightsFile& file, const fs::path& out) {
  const std::string ending = out.extension().string();
  if (ending == ".pth" || ending == ".pt" || ending == ".bin") {
    return tensorfile::write_torch_file(out, file.tensors());
  }
  if (ending != ".safetensors") {
    return core::fail(ErrorCode::kInvalidInput,
                      "the name's ending says the format: .safetensors, or .pth, .pt, .bin for torch.load",
                      out.string());
  }
  tensorfile::TextMap metadata = file.metadata();
  metadata["converted_from"] = fs::path(file.name()).filename().string();
  metadata["converted_from_sha256"] = file.sha256();
  metadata["format"] = "pt";  // what other readers ask for: names and layouts are PyTorch's
  return tensorfile::write_safetensors(out, file.tensors(), metadata);
}

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, cmdline::Terminal& terminal) {
  const fs::path out = flags.text("OUT");
  ALVEUS_TRY_ASSIGN(const auto file, tensorfile::WeightsFile::open(flags.text("IN")));
  ALVEUS_TRY_ASSIGN(const auto sha256, write(file, out));
  terminal.message(out.string() + ": " + std::to_string(file.tensors().size()) + " tensors, sha256 " + sha256);
  return cmdline::ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_weights_convert_command() {
  cmdline::Command command;
  command.name = "weights convert";
  command.summary = "write a file of weights in another format";
  command.details =
      "Reads a file as 'alveus weights show' does and writes its tensors, bit for bit, in the format that the ending "
      "of OUT "
      "says: .safetensors, or .pth, .pt, .bin as torch.load reads them (also with weights_only=True). A checkpoint's "
      "weights come out alone, prefixes such as 'module.' are taken off, windows into larger storages become tensors "
      "of "
      "their own. A safetensors file keeps what the source says of itself, with its name and SHA-256; the other format "
      "has no place for that. The same input gives the same bytes.";
  command.flags = {
      {.name = "IN", .help = "The file to read.", .required = true, .positional = true},
      {.name = "OUT", .help = "The file to write.", .required = true, .positional = true},
  };
  command.run = [](const cmdline::Flags& flags, std::span<const std::string>, cmdline::Terminal& terminal) {
    return run(flags, terminal);
  };
  return command;
}

}  // namespace alveus::lab
