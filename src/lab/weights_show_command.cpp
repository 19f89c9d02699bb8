// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "cmdline/terminal.hpp"
#include "cmdline/text_table.hpp"
#include "core/json.hpp"
#include "lab/commands.hpp"
#include "learn/network_fit.hpp"
#include "tensorfile/weights_file.hpp"

namespace alveus::lab {
namespace {

using tensorfile::TensorView;
using tensorfile::WeightsFile;

core::Value shape_value(const TensorView& tensor) {
  core::Array shape;
  for (const std::int64_t extent : tensor.shape) shape.emplace_back(extent);
  return core::Value(shape);
}

core::Value fit_value(const learn::NetworkFit& fit) {
  core::Array unused;
  for (const std::string& name : fit.unused) unused.emplace_back(name);
  return core::Object{{"network", fit.network},
                      {"in_channels", fit.in_channels},
                      {"class_count", fit.class_count ? core::Value(*fit.class_count) : core::Value()},
                      {"unused", unused}};
}

core::Value value_of(const WeightsFile& file, const learn::NetworkFits& fits) {
  core::Array tensors;
  for (const TensorView& tensor : file.tensors()) {
    tensors.emplace_back(core::Object{{"name", tensor.name},
                                      {"type", name_of(tensor.type)},
                                      {"shape", shape_value(tensor)},
                                      {"bytes", static_cast<std::int64_t>(tensor.bytes.size())}});
  }
  core::Object metadata;
  for (const auto& [key, text] : file.metadata()) metadata.set(key, text);
  core::Array fitting;
  for (const auto& fit : fits.fits) fitting.emplace_back(fit_value(fit));
  return core::Object{{"file", file.name()},
                      {"format", name_of(file.format())},
                      {"bytes", static_cast<std::int64_t>(file.file_bytes())},
                      {"sha256", file.sha256()},
                      {"prefix", file.prefix()},
                      {"metadata", metadata},
                      {"fits", fitting},
                      {"tensors", tensors}};
}

std::string count_text(std::uint64_t count) {
  std::string digits = std::to_string(count);
  for (auto place = static_cast<std::ptrdiff_t>(digits.size()) - 3; place > 0; place -= 3) {
    digits.insert(static_cast<std::size_t>(place), " ");
  }
  return digits;
}

/// "122 tensors, 11 699 112 F32, 20 I64"
std::string content_text(const WeightsFile& file) {
  std::map<std::string_view, std::uint64_t> counts;
  for (const TensorView& tensor : file.tensors()) {
    counts[name_of(tensor.type)] += tensor.bytes.size() / size_of(tensor.type);
  }
  std::string text = std::to_string(file.tensors().size()) + " tensors";
  for (const auto& [type, count] : counts) text += ", " + count_text(count) + " " + std::string(type);
  return text;
}

std::string fit_text(const learn::NetworkFits& fits) {
  if (fits.fits.empty()) {
    if (fits.nearest.empty()) return "none of Alveus's networks";
    return "none of Alveus's networks; the nearest is " + fits.nearest + ", whose weight '" + fits.nearest_lacks +
           "' is absent or of another shape";
  }
  std::string text;
  for (const auto& fit : fits.fits) {
    text += (text.empty() ? "" : "; ") + fit.network + " (" + std::to_string(fit.in_channels) + " channels, " +
            (fit.class_count ? std::to_string(*fit.class_count) + " classes" : std::string("no last layer"));
    if (!fit.unused.empty()) {
      text += ", " + std::to_string(fit.unused.size()) + " tensors unused, the first '" + fit.unused.front() + "'";
    }
    text += ")";
  }
  return text;
}

std::string shape_text(const TensorView& tensor) {
  std::string text;
  for (const std::int64_t extent : tensor.shape) text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text.empty() ? "scalar" : text;
}

std::string table_of(const WeightsFile& file) {
  cmdline::TextTable table({"NAME", "TYPE", "SHAPE", "BYTES"}, {3});
  for (const TensorView& tensor : file.tensors()) {
    table.add({tensor.name, std::string(name_of(tensor.type)), shape_text(tensor), count_text(tensor.bytes.size())});
  }
  return table.text();
}

/// Bytes of a foreign file that steer a terminal become question marks.
std::string printable(std::string text) {
  for (char& letter : text) {
    if (static_cast<unsigned char>(letter) < 0x20 && letter != '\n') letter = '?';
    if (letter == '\x7f') letter = '?';
  }
  return text;
}

std::string page_of(const WeightsFile& file, const learn::NetworkFits& fits) {
  std::string page = file.name() + "\n";
  page += "format   " + std::string(name_of(file.format())) + ", " + count_text(file.file_bytes()) + " bytes\n";
  page += "sha256   " + file.sha256() + "\n";
  page += "content  " + content_text(file) + "\n";
  page += "fits     " + fit_text(fits) + "\n";
  if (!file.prefix().empty()) page += "prefix   '" + file.prefix() + "' taken off every name\n";
  for (const auto& [key, text] : file.metadata())
    page.append("says     ").append(key).append(": ").append(text).append("\n");
  return printable(page + "\n" + table_of(file));
}

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, cmdline::Terminal& terminal) {
  ALVEUS_TRY_ASSIGN(const auto file, WeightsFile::open(flags.text("FILE")));
  ALVEUS_TRY_ASSIGN(const auto fits, learn::networks_that_fit(file.tensors()));
  terminal.result(flags.on("json") ? core::to_json(value_of(file, fits), core::JsonStyle::kIndented) + "\n"
                                   : page_of(file, fits));
  return cmdline::ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_weights_show_command() {
  cmdline::Command command;
  command.name = "weights show";
  command.summary = "list what a file of weights holds, and which network it fits";
  command.details =
      "Shows names, kinds of numbers, shapes and sizes of the tensors in a file, its SHA-256, what it says of itself, "
      "and "
      "the networks of Alveus that have such weights, with the channels and classes they would have.\n\n"
      "The content of the file decides about its format: safetensors, or what torch.save wrote (.pth, .pt, .bin), "
      "since "
      "PyTorch 1.6 or before. Nothing in the file is run: a file that holds more than weights, such as a whole model, "
      "is "
      "refused with the name of the Python object it asks for.";
  command.flags = {
      {.name = "FILE", .help = "The file of weights.", .required = true, .positional = true},
      {.name = "json", .kind = cmdline::Flag::Kind::kSwitch, .help = "Print one JSON object."},
  };
  command.run = [](const cmdline::Flags& flags, std::span<const std::string>, cmdline::Terminal& terminal) {
    return run(flags, terminal);
  };
  return command;
}

}  // namespace alveus::lab
