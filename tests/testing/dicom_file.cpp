// SPDX-License-Identifier: Apache-2.0
#include "testing/dicom_file.hpp"

#include <span>

#include "core/csv.hpp"

namespace alveus::testing {
namespace {

void put(std::string& bytes, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xFF);
}

void add(std::string& bytes, std::uint32_t tag, const std::string& type, std::string value) {
  if (value.size() % 2 == 1) value += type == "UI" ? '\0' : ' ';
  put(bytes, tag >> 16, 2);
  put(bytes, tag & 0xFFFF, 2);
  bytes += type;
  if (type == "OW" || type == "OB") {
    put(bytes, 0, 2);
    put(bytes, value.size(), 4);
  } else {
    put(bytes, value.size(), 2);
  }
  bytes += value;
}

void add_short(std::string& bytes, std::uint32_t tag, std::size_t value) {
  std::string raw;
  put(raw, value, 2);
  add(bytes, tag, "US", raw);
}

std::string decimals(std::span<const double> values) {
  std::string text;
  for (const double value : values) text += (text.empty() ? "" : "\\") + core::number_text(value);
  return text;
}

}  // namespace

std::string DicomFile::bytes() const {
  std::string meta;
  add(meta, 0x00020001, "OB", std::string("\0\1", 2));
  add(meta, 0x00020002, "UI", "1.2.840.10008.5.1.4.1.1.2");
  add(meta, 0x00020003, "UI", "1.2.3.4.5");
  add(meta, 0x00020010, "UI", "1.2.840.10008.1.2.1");
  std::string file(128, '\0');
  file += "DICM";
  std::string length;
  put(length, meta.size(), 4);
  add(file, 0x00020000, "UL", length);
  file += meta;
  add(file, 0x00080008, "CS", image_type);
  add(file, 0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2");
  add(file, 0x00080018, "UI", "1.2.3.4.5");
  add(file, 0x00080060, "CS", modality);
  add(file, 0x0020000E, "UI", series_uid);
  add(file, 0x00200032, "DS", decimals(position_mm));
  add(file, 0x00200037, "DS", decimals(row_and_column));
  add_short(file, 0x00280002, 1);
  add(file, 0x00280004, "CS", "MONOCHROME2");
  if (frames > 1) add(file, 0x00280008, "IS", std::to_string(frames));
  add_short(file, 0x00280010, rows);
  add_short(file, 0x00280011, columns);
  add(file, 0x00280030, "DS", decimals(std::array{spacing_mm, spacing_mm}));
  add_short(file, 0x00280100, 16);
  add_short(file, 0x00280101, 16);
  add_short(file, 0x00280102, 15);
  add_short(file, 0x00280103, is_signed ? 1 : 0);
  add(file, 0x00281052, "DS", core::number_text(intercept));
  add(file, 0x00281053, "DS", core::number_text(slope));
  std::string pixels;
  for (const std::int32_t value : stored) put(pixels, static_cast<std::uint32_t>(value), 2);
  add(file, 0x7FE00010, "OW", pixels);
  return file;
}

}  // namespace alveus::testing
