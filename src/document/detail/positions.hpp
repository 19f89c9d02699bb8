// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "document/node.hpp"

namespace alveus::document {

/// Turns byte offsets of a source's text into marks; columns count characters. Constant time a mark when offsets come
/// in ascending order, as a parser asks for them; a step back costs the way back from the start of the text.
class Positions {
 public:
  explicit Positions(std::shared_ptr<const Source> source) : source_(std::move(source)) {}

  Mark at(std::size_t offset);
  const std::shared_ptr<const Source>& source() const { return source_; }

 private:
  std::shared_ptr<const Source> source_;
  std::size_t offset_ = 0;
  std::uint32_t line_ = 1;
  std::uint32_t column_ = 1;
};

/// The offset of the first byte that is no part of well-formed UTF-8, or of the first control character but tab and
/// line ends; neither may stand in YAML or JSON.
std::optional<std::size_t> find_bad_byte(std::string_view text);

/// Appends a code point as UTF-8. `code_point` is no surrogate and at most 0x10FFFF.
void append_utf8(std::string& out, std::uint32_t code_point);

}  // namespace alveus::document
