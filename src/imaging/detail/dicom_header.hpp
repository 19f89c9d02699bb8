// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace alveus::imaging::detail {

/// (group, element) as one number: 0x00280010 is Rows.
using DicomTag = std::uint32_t;

/// The top-level elements of a DICOM file that are short enough to hold facts, and where the pixels are. Read by code
/// of ours, because the decoder's own parser stops the process on damaged files.
struct DicomElements {
  std::string transfer_syntax;
  bool big_endian = false;
  std::map<DicomTag, std::string> values;  ///< raw bytes of elements up to 1 KiB
  bool has_pixels = false;
  bool has_float_pixels = false;  ///< Float or Double Float Pixel Data
  bool encapsulated = false;      ///< the pixels are compressed, in fragments
  std::size_t pixel_bytes = 0;    ///< stored bytes of pixels; of all fragments together when encapsulated

  /// Text of an element without padding; "" when it is absent.
  std::string text(DicomTag tag) const;
  /// An unsigned 16-bit element; `fallback` when it is absent or empty.
  std::size_t number(DicomTag tag, std::size_t fallback) const;
};

/// Walks through the whole file: every length is checked against the file, nesting is limited to 64 levels.
/// kInvalidInput: no DICOM file, cut, inconsistent; kUnsupported: a transfer syntax the standard does not name.
core::Result<DicomElements> read_dicom_elements(std::string_view bytes, const std::string& name);

}  // namespace alveus::imaging::detail
