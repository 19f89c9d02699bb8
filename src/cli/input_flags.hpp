// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cmdline/command.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "cwl/model.hpp"

namespace alveus::cli {

/// The flags that the inputs of a process make: "--name VALUE", "--name" and "--no-name" for a boolean, repeated for an
/// array, "--record.field VALUE" for the fields of a record. What no such flag can say (nested arrays, several records)
/// takes its value as YAML or JSON. Defaults and `required` are for the help.
std::vector<cmdline::Flag> input_flags(const cwl::Process& process);

/// What stands behind a document on the command line.
struct InputArguments {
  std::string inputs_file;      ///< "" when none is named
  core::Value values;           ///< an object; locations of Files are absolute
  cmdline::Flags engine_flags;  ///< flags of the engine that stand among the inputs, without defaults
  bool wants_help = false;
};

/// Reads "[INPUTS] --message hi --outdir out -- --outdir value": a flag of the engine is that, even where the process
/// has an input of the same name; behind "--" every flag is an input. A positional of `engine_flags` is the file of
/// inputs. kInvalidInput names the flag, what it takes and a likely spelling; paths of Files are relative to the
/// current folder and must be there, kNotFound.
core::Result<InputArguments> read_input_arguments(const cwl::Process& process,
                                                  std::span<const cmdline::Flag> engine_flags,
                                                  std::span<const std::string> arguments);

/// The inputs of a process for --help, below a heading that names `document`.
std::string input_help(const cwl::Process& process, std::string_view document,
                       std::span<const cmdline::Flag> engine_flags);

/// "--message TEXT", or "-- --outdir DIR" for an input whose name is a flag of the engine.
std::string flag_of_input(const cwl::InputParameter& input, std::span<const cmdline::Flag> engine_flags);

}  // namespace alveus::cli
