// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cmdline/command.hpp"
#include "cmdline/terminal.hpp"
#include "core/result.hpp"

namespace alveus::cli {

/// The argument DOCUMENT of every command that looks at a document without running it.
cmdline::Flag document_argument();

/// The flag --output of every command that makes one text.
cmdline::Flag output_flag();
/// Writes the text where --output says, else to standard output.
core::Result<cmdline::ExitStatus> put_out(const std::string& text, const cmdline::Flags& flags,
                                          cmdline::Terminal& terminal);

}  // namespace alveus::cli
