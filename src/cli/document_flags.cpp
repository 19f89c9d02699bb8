// SPDX-License-Identifier: Apache-2.0
#include "cli/document_flags.hpp"

#include "sys/file.hpp"

namespace alveus::cli {

cmdline::Flag document_argument() {
  return {.name = "document", .help = "The document; #name picks a process.", .required = true, .positional = true};
}

cmdline::Flag output_flag() {
  return {
      .name = "output", .value_name = "FILE", .help = "Write to a file instead of standard output.", .short_name = "o"};
}

core::Result<cmdline::ExitStatus> put_out(const std::string& text, const cmdline::Flags& flags,
                                          cmdline::Terminal& terminal) {
  if (flags.has("output")) {
    ALVEUS_TRY(sys::write_file(flags.text("output"), text));
  } else {
    terminal.result(text);
  }
  return cmdline::ExitStatus::kDone;
}

}  // namespace alveus::cli
