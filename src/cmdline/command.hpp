// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace alveus::cmdline {

/// Exit statuses of every command.
enum class ExitStatus : int { kDone = 0, kFailed = 1, kUsage = 2, kUnsupported = 33, kInterrupted = 130 };

/// One flag or positional argument, as data: parsing, --help and the reference page are made from it.
struct Flag {
  /// A toggle is on as "--name" or "--name=true", off as "--no-name" or "--name=false".
  enum class Kind { kSwitch, kToggle, kText, kInteger, kReal, kTextList };
  std::string name;  ///< "outdir" for --outdir; positionals are named without dashes and have `positional` set
  Kind kind = Kind::kText;
  std::string value_name = {};            ///< "DIR" in the help
  std::string help = {};                  ///< one sentence
  std::string fallback = {};              ///< the default as text; shown in the help
  std::vector<std::string> choices = {};  ///< empty: anything
  bool required = false;
  bool positional = false;
  std::string short_name = {};  ///< "j" for -j
};

/// The flags as given, after the checks of kind, choice and presence.
class Flags {
 public:
  bool has(std::string_view name) const;  ///< given by the user, or a default stands in the table
  bool on(std::string_view switch_name) const;
  std::string text(std::string_view name) const;  ///< "" when absent
  std::int64_t integer(std::string_view name) const;
  double real(std::string_view name) const;
  std::vector<std::string> list(std::string_view name) const;
  void set(std::string name, std::vector<std::string> values);

 private:
  std::vector<std::pair<std::string, std::vector<std::string>>> values_;
};

class Terminal;

/// What a command's arguments say.
struct ParsedCommand {
  Flags flags;
  std::vector<std::string> rest;
  bool wants_help = false;
};

/// A subcommand. `run` returns the exit status; `run_program` prints an Error that it returns and exits 33 for
/// kUnsupported, 130 for kCancelled, else 1.
struct Command {
  std::string name;     ///< "train", or "study run" for a command in a group
  std::string summary;  ///< one line in the list
  std::string details;  ///< paragraphs of its --help
  std::vector<Flag> flags;
  /// What follows the required positionals and is no flag of ours is passed on in `rest`, with all that stands behind
  /// it (e.g. a workflow's own inputs); so is everything after "--", which then stands in `rest` itself.
  bool takes_rest = false;
  std::string rest_name = "ARGUMENTS";  ///< how the usage line calls the rest
  std::function<core::Result<ExitStatus>(const Flags&, std::span<const std::string> rest, Terminal&)> run;
  /// What its --help shows below the table, given what stood before "--help" (e.g. the inputs of a workflow).
  std::function<core::Result<std::string>(const Flags&)> more_help = {};
};

/// Parses the arguments of one command: "--name value", "--name=value", "-n value", "-nvalue", switches run together
/// ("-qv"), positionals anywhere between. A flag given twice counts as given last; a list collects, and where the
/// command has no positionals and no rest one list flag takes all values up to the next flag. "--" ends the flags.
/// kInvalidInput for an unknown flag (with a hint for a misspelt one), a missing or surplus argument, a value of
/// another kind or none of the choices. With --help anywhere before the rest, nothing else is checked, and the flags
/// are those that stood before it.
core::Result<ParsedCommand> parse_flags(const Command& command, std::span<const std::string> arguments);

/// The text of "program command --help", 80 columns wide.
std::string help_of(const Command& command, std::string_view program);
/// Rows for these flags as help_of shows them, without a heading.
std::string help_rows(std::span<const Flag> flags);
/// The text of "program --help", or of "program study --help" where `group` is "study".
std::string help_of(std::span<const Command> commands, std::string_view program, std::string_view summary,
                    std::string_view group = {});
/// The reference page of all commands, as Markdown.
std::string reference_page(std::span<const Command> commands, std::string_view program, std::string_view summary);

/// A whole program: picks the subcommand, parses, runs, prints what failed, returns the exit status. Knows --help,
/// --version, "help COMMAND", and what a misspelt command may mean. `arguments` are those after the program's name.
int run_program(std::string_view program, std::string_view version, std::string_view summary,
                std::span<const Command> commands, std::span<const std::string> arguments, Terminal& terminal);

}  // namespace alveus::cmdline
