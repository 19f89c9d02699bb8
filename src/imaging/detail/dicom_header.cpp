// SPDX-License-Identifier: Apache-2.0
#include "imaging/detail/dicom_header.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "core/text.hpp"
#include "imaging/detail/gzip.hpp"

namespace alveus::imaging::detail {
namespace {

constexpr std::size_t kPreambleBytes = 128;
constexpr std::size_t kNestingMax = 64;
constexpr std::size_t kValueBytesMax = 1024;
constexpr std::size_t kInflatedBytesMax = std::size_t{1} << 30;
constexpr std::uint32_t kUndefinedLength = 0xFFFFFFFF;

constexpr DicomTag kTransferSyntax = 0x00020010;
constexpr DicomTag kPixelData = 0x7FE00010;
constexpr DicomTag kFloatPixelData = 0x7FE00008;
constexpr DicomTag kDoublePixelData = 0x7FE00009;
constexpr DicomTag kItem = 0xFFFEE000;
constexpr DicomTag kItemEnd = 0xFFFEE00D;
constexpr DicomTag kSequenceEnd = 0xFFFEE0DD;

constexpr std::string_view kImplicitLittle = "1.2.840.10008.1.2";
constexpr std::string_view kExplicitBig = "1.2.840.10008.1.2.2";
constexpr std::string_view kDeflated = "1.2.840.10008.1.2.1.99";

std::string text_of_tag(DicomTag tag) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "(";
  for (int shift = 28; shift >= 0; shift -= 4) {
    text += kDigits[(tag >> shift) & 0xF];
    if (shift == 16) text += ',';
  }
  return text + ")";
}

struct Element {
  DicomTag tag = 0;
  std::array<char, 2> representation{};  ///< zeros in implicit encoding
  std::uint32_t length = 0;
};

bool has_long_length(const std::array<char, 2>& representation) {
  constexpr std::array<std::string_view, 13> kLong{"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
                                                   "SV", "UC", "UN", "UR", "UT", "UV"};
  return std::ranges::find(kLong, std::string_view(representation.data(), 2)) != kLong.end();
}

/// Reads elements one after the other and never past the end.
class Cursor {
 public:
  Cursor(std::string_view bytes, const std::string& name, bool big_endian, bool implicit)
      : bytes_(bytes), name_(name), big_endian_(big_endian), implicit_(implicit) {}

  bool at_end() const { return position_ >= bytes_.size(); }
  std::size_t left() const { return bytes_.size() - position_; }
  std::size_t position() const { return position_; }
  std::string_view take(std::size_t size) {
    const std::string_view taken = bytes_.substr(position_, size);
    position_ += size;
    return taken;
  }

  core::Result<Element> next(bool implicit) {
    Element element;
    if (left() < 8) return refuse("it is cut inside an element's head");
    const std::uint32_t group = number(2);
    element.tag = (group << 16) | number(2);
    const bool delimiter = group == 0xFFFE;
    if (implicit || delimiter) {
      element.length = number(4);
    } else {
      std::ranges::copy(take(2), element.representation.begin());
      if (std::ranges::any_of(element.representation, [](char c) { return c >= 0 && c < ' '; })) {
        return refuse("element " + text_of_tag(element.tag) +
                      " names no type: the file is not encoded as its transfer "
                      "syntax says");
      }
      if (has_long_length(element.representation)) {
        if (left() < 6) return refuse("it is cut inside the head of " + text_of_tag(element.tag));
        take(2);
        element.length = number(4);
      } else {
        element.length = number(2);
      }
    }
    if (element.length != kUndefinedLength && element.length > left()) {
      return refuse("it is cut: element " + text_of_tag(element.tag) + " declares " + std::to_string(element.length) +
                    " bytes, " + std::to_string(left()) + " are left");
    }
    return element;
  }
  core::Result<Element> next() { return next(implicit_); }

  /// Passes over a sequence of undefined length whose head was just read. Without recursion, so that no nesting of
  /// the file becomes depth of the stack.
  core::Status skip_sequence(bool implicit_inside) {
    struct Level {
      bool items = true;  ///< expects items, else the elements of one item
      bool implicit = false;
    };
    std::vector<Level> levels{{.items = true, .implicit = implicit_inside}};
    while (!levels.empty()) {
      const Level level = levels.back();
      ALVEUS_TRY_ASSIGN(const Element element, next(level.implicit));
      const bool undefined = element.length == kUndefinedLength;
      if (element.tag == kSequenceEnd || element.tag == kItemEnd) {
        if ((element.tag == kSequenceEnd) != level.items) return refuse("its sequences are wrongly nested");
        levels.pop_back();
      } else if (level.items && element.tag != kItem) {
        return refuse("element " + text_of_tag(element.tag) + " stands where a sequence needs an item");
      } else if (!undefined) {
        take(element.length);
      } else if (levels.size() >= kNestingMax) {
        return refuse("its sequences are nested deeper than " + std::to_string(kNestingMax) + " levels");
      } else {
        // A sequence of unknown representation is encoded implicitly inside (DICOM PS3.5, 6.2.2).
        const bool unknown = std::string_view(element.representation.data(), 2) == "UN";
        levels.push_back({.items = !level.items, .implicit = level.implicit || unknown});
      }
    }
    return {};
  }

  /// Passes over the fragments of compressed pixels; yields their bytes together.
  core::Result<std::size_t> skip_fragments() {
    std::size_t total = 0;
    for (;;) {
      if (at_end()) return refuse("its compressed pixels are cut: no end is marked");
      ALVEUS_TRY_ASSIGN(const Element element, next());
      if (element.tag == kSequenceEnd) return total;
      if (element.tag != kItem || element.length == kUndefinedLength) {
        return refuse("its compressed pixels are no list of fragments");
      }
      total += element.length;
      take(element.length);
    }
  }

  tl::unexpected<core::Error> refuse(std::string message) const {
    return core::fail(core::ErrorCode::kInvalidInput, std::move(message), name_);
  }

 private:
  std::uint32_t number(std::size_t size) {
    const std::string_view raw = take(size);
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t at = big_endian_ ? i : size - 1 - i;
      value = (value << 8) | static_cast<unsigned char>(raw[at]);
    }
    return value;
  }

  std::string_view bytes_;
  const std::string& name_;
  bool big_endian_;
  bool implicit_;
  std::size_t position_ = 0;
};

/// Reads the file meta group (always explicit little endian); yields where the data set starts.
core::Result<std::size_t> read_meta(std::string_view bytes, const std::string& name, DicomElements& elements) {
  Cursor cursor(bytes, name, false, false);
  cursor.take(kPreambleBytes + 4);
  for (;;) {
    const std::size_t start = cursor.position();
    if (cursor.left() < 2) break;
    if (bytes[start] != 2 || bytes[start + 1] != 0) return start;
    ALVEUS_TRY_ASSIGN(const Element element, cursor.next());
    if (element.length == kUndefinedLength) return cursor.refuse("its file meta group is damaged");
    const std::string_view value = cursor.take(element.length);
    if (element.tag == kTransferSyntax) {
      elements.transfer_syntax = std::string(value);
      while (!elements.transfer_syntax.empty() &&
             (elements.transfer_syntax.back() == '\0' || elements.transfer_syntax.back() == ' ')) {
        elements.transfer_syntax.pop_back();
      }
    }
  }
  return cursor.refuse("it ends after the file meta group");
}

core::Status read_data_set(Cursor& cursor, bool implicit, DicomElements& elements) {
  while (!cursor.at_end()) {
    // Some writers pad the file with zeros behind the last element.
    if (elements.has_pixels && cursor.left() < 8) break;
    ALVEUS_TRY_ASSIGN(const Element element, cursor.next());
    if (element.tag == kPixelData) {
      elements.has_pixels = true;
      elements.encapsulated = element.length == kUndefinedLength;
      if (elements.encapsulated) {
        ALVEUS_TRY_ASSIGN(elements.pixel_bytes, cursor.skip_fragments());
      } else {
        elements.pixel_bytes = element.length;
        cursor.take(element.length);
      }
    } else if (element.length == kUndefinedLength) {
      const bool unknown = std::string_view(element.representation.data(), 2) == "UN";
      ALVEUS_TRY(cursor.skip_sequence(implicit || unknown));
    } else {
      const std::string_view value = cursor.take(element.length);
      if (element.tag == kFloatPixelData || element.tag == kDoublePixelData) elements.has_float_pixels = true;
      if (value.size() <= kValueBytesMax) elements.values[element.tag] = std::string(value);
    }
  }
  return {};
}

}  // namespace

std::string DicomElements::text(DicomTag tag) const {
  const auto found = values.find(tag);
  if (found == values.end()) return {};
  std::string text = found->second;
  while (!text.empty() && text.back() == '\0') text.pop_back();
  return std::string(core::trim(text));
}

std::size_t DicomElements::number(DicomTag tag, std::size_t fallback) const {
  const auto found = values.find(tag);
  if (found == values.end() || found->second.size() < 2) return fallback;
  const auto first = static_cast<unsigned char>(found->second[0]);
  const auto second = static_cast<unsigned char>(found->second[1]);
  return big_endian ? first * 256U + second : second * 256U + first;
}

core::Result<DicomElements> read_dicom_elements(std::string_view bytes, const std::string& name) {
  if (bytes.size() < kPreambleBytes + 4 || bytes.substr(kPreambleBytes, 4) != "DICM") {
    return core::fail(core::ErrorCode::kInvalidInput,
                      "it does not start like a DICOM file: the letters DICM are not at byte 128", name);
  }
  DicomElements elements;
  ALVEUS_TRY_ASSIGN(const std::size_t start, read_meta(bytes, name, elements));
  if (elements.transfer_syntax.empty()) {
    return core::fail(core::ErrorCode::kInvalidInput, "it names no transfer syntax", name);
  }
  if (!elements.transfer_syntax.starts_with(kImplicitLittle)) {
    return core::fail(core::ErrorCode::kInvalidInput,
                      "its transfer syntax '" + elements.transfer_syntax + "' is none of the DICOM standard", name);
  }
  const bool implicit = elements.transfer_syntax == kImplicitLittle;
  elements.big_endian = elements.transfer_syntax == kExplicitBig;
  std::string inflated;
  std::string_view body = bytes.substr(start);
  if (elements.transfer_syntax == kDeflated) {
    ALVEUS_TRY_ASSIGN(inflated, inflate_all(body, Wrapping::kRawDeflate, kInflatedBytesMax, name));
    body = inflated;
  }
  Cursor cursor(body, name, elements.big_endian, implicit);
  ALVEUS_TRY(read_data_set(cursor, implicit, elements));
  return elements;
}

}  // namespace alveus::imaging::detail
