// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/value.hpp"
#include "cwl/type.hpp"

namespace alveus::cli {

/// How the words of a flag become a value of a CWL type.
enum class TextForm {
  kWord,    ///< one word, one value
  kList,    ///< the flag is repeated; of a type such as "File or array of File" one word is one File
  kRecord,  ///< a flag for each field, or all as YAML or JSON
  kYaml,    ///< YAML or JSON in one word
};
TextForm text_form_of(const cwl::Type& type);

/// The type without null; the only alternative that is left, where it is one.
const cwl::Type& without_null(const cwl::Type& type);

/// Reads the words given to a flag. `subject` ("--count") starts the messages: kInvalidInput says what is expected,
/// kNotFound that a File or Directory is not there (paths are relative to the current folder).
core::Result<core::Value> value_of_text(std::string_view subject, const cwl::Type& type,
                                        std::span<const std::string> words);

/// A default as the help and the template show it: a File by its name, all else as JSON on one line, cut when long.
std::string shown_value(const core::Value& value);

}  // namespace alveus::cli
