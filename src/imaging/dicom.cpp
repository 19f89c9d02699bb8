// SPDX-License-Identifier: Apache-2.0
#include "imaging/dicom.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "core/text.hpp"
#include "imaging/detail/dicom_decoder.hpp"
#include "imaging/detail/dicom_header.hpp"
#include "sys/file.hpp"

namespace alveus::imaging {
namespace {

constexpr std::uintmax_t kFileBytesMax = std::uintmax_t{2} << 30;

tl::unexpected<core::Error> refuse(std::string message, const std::string& name) {
  return core::fail(core::ErrorCode::kInvalidInput, std::move(message), name);
}

std::optional<double> number_of(std::string_view text) {
  std::string_view trimmed = core::trim(text);
  if (trimmed.starts_with('+')) trimmed.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), value);
  if (error != std::errc{} || end != trimmed.data() + trimmed.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

/// A decimal string of exactly N numbers; nothing when it is absent or damaged.
template <std::size_t N>
std::optional<std::array<double, N>> numbers_of(const std::string& text) {
  const std::vector<std::string> parts = core::split(text, '\\');
  if (parts.size() != N) return std::nullopt;
  std::array<double, N> values{};
  for (std::size_t i = 0; i < N; ++i) {
    const auto value = number_of(parts[i]);
    if (!value) return std::nullopt;
    values[i] = *value;
  }
  return values;
}

core::Status take_rescale(const detail::DicomElements& elements, const std::string& name, DicomFacts& facts) {
  const std::string slope = elements.text(0x00281053);
  const std::string intercept = elements.text(0x00281052);
  if (!slope.empty()) {
    const auto value = number_of(slope);
    if (!value || *value == 0) return refuse("its Rescale Slope '" + slope + "' is no usable number", name);
    facts.slope = *value;
  }
  if (!intercept.empty()) {
    const auto value = number_of(intercept);
    if (!value) return refuse("its Rescale Intercept '" + intercept + "' is no number", name);
    facts.intercept = *value;
  }
  return {};
}

core::Status check_pixels(const detail::DicomElements& elements, const DicomFacts& facts, const std::string& name) {
  if (elements.has_float_pixels) return refuse("its pixels are stored as real numbers, which no scanner writes", name);
  if (!elements.has_pixels) return refuse("it holds no picture", name);
  ALVEUS_TRY(check_shape({facts.columns, facts.rows, facts.frames}, name));
  const auto bits = [&] { return std::to_string(facts.bits_stored) + " of " + std::to_string(facts.bits_allocated); };
  if (facts.bits_allocated != 1 && (facts.bits_allocated % 8 != 0 || facts.bits_allocated > 64)) {
    return refuse("its pixels have " + std::to_string(facts.bits_allocated) + " bits", name);
  }
  if (facts.bits_stored == 0 || facts.bits_stored > facts.bits_allocated) {
    return refuse("its pixels use " + bits() + " bits", name);
  }
  const std::size_t high_bit = elements.number(0x00280102, facts.bits_stored - 1);
  if (high_bit + 1 < facts.bits_stored || high_bit >= facts.bits_allocated) {
    return refuse("its highest bit " + std::to_string(high_bit) + " does not fit pixels of " + bits() + " bits", name);
  }
  if (facts.samples_per_pixel == 0 || facts.samples_per_pixel > 4) {
    return refuse("it has " + std::to_string(facts.samples_per_pixel) + " samples a pixel", name);
  }
  if (elements.encapsulated) return {};
  std::size_t needed_bits = facts.rows * facts.columns * facts.frames * facts.samples_per_pixel * facts.bits_allocated;
  // 4:2:2 colour stores two samples a pixel instead of three.
  if (facts.photometric == "YBR_FULL_422") needed_bits = needed_bits / 3 * 2;
  if (elements.pixel_bytes < (needed_bits + 7) / 8) {
    return refuse("its pixels are cut: " + std::to_string(facts.columns) + " x " + std::to_string(facts.rows) + " x " +
                      std::to_string(facts.frames) + " need " + std::to_string((needed_bits + 7) / 8) + " bytes, " +
                      std::to_string(elements.pixel_bytes) + " are there",
                  name);
  }
  return {};
}

core::Result<DicomFacts> facts_of(const detail::DicomElements& elements, const std::string& name) {
  DicomFacts facts;
  facts.transfer_syntax = elements.transfer_syntax;
  facts.modality = elements.text(0x00080060);
  facts.series_uid = elements.text(0x0020000E);
  if (const std::string type = elements.text(0x00080008); !type.empty()) {
    for (const std::string& part : core::split(type, '\\')) facts.image_type.emplace_back(core::trim(part));
  }
  facts.rows = elements.number(0x00280010, 0);
  facts.columns = elements.number(0x00280011, 0);
  facts.samples_per_pixel = elements.number(0x00280002, 1);
  facts.bits_allocated = elements.number(0x00280100, 0);
  facts.bits_stored = elements.number(0x00280101, facts.bits_allocated);
  facts.is_signed = elements.number(0x00280103, 0) == 1;
  facts.photometric = elements.text(0x00280004);
  if (const std::string frames = elements.text(0x00280008); !frames.empty()) {
    const auto count = number_of(frames);
    if (!count || *count < 1 || *count > static_cast<double>(kSideMax)) {
      return refuse("its number of frames '" + frames + "' is not readable here", name);
    }
    facts.frames = static_cast<std::size_t>(*count);
  }
  facts.position_mm = numbers_of<3>(elements.text(0x00200032));
  facts.row_and_column = numbers_of<6>(elements.text(0x00200037));
  ALVEUS_TRY(check_pixels(elements, facts, name));
  ALVEUS_TRY(take_rescale(elements, name, facts));
  return facts;
}

/// Forms that GDCM 3.0 decodes to wrong values without a word; "" for all others. Conformance files show each.
std::string why_not_decoded_right(const DicomFacts& facts) {
  constexpr std::string_view kExplicitBigEndian = "1.2.840.10008.1.2.2";
  if (facts.transfer_syntax == kExplicitBigEndian && facts.bits_allocated > 16) {
    return "its pixels have " + std::to_string(facts.bits_allocated) +
           " bits in big-endian order, which the decoder gets wrong; store it in little-endian order";
  }
  if (facts.photometric == "MONOCHROME1" && facts.is_signed) {
    return "its pixels are signed and stored inverted (MONOCHROME1), which the decoder gets wrong; store it as "
           "MONOCHROME2";
  }
  return {};
}

/// Takes back what the decoder does for the eye: inverted pictures are turned round, which for Hounsfield units is
/// wrong, and a single bit becomes 255.
void undo_display(const DicomFacts& facts, std::vector<float>& values) {
  if (facts.bits_allocated == 1) {
    for (float& value : values) value = value > 0 ? 1.0F : 0.0F;
  } else if (facts.photometric == "MONOCHROME1") {
    // v = (most - stored) * slope + intercept, so stored * slope + intercept = most * slope + 2 * intercept - v.
    const double most = std::exp2(static_cast<double>(facts.bits_stored)) - 1;
    const double sum = most * facts.slope + 2 * facts.intercept;
    for (float& value : values) value = static_cast<float>(sum - static_cast<double>(value));
  }
}

bool has_word(const DicomFacts& facts, std::string_view word) {
  return std::ranges::find(facts.image_type, word) != facts.image_type.end();
}

}  // namespace

core::Result<DicomFacts> parse_dicom_facts(std::string_view bytes, const std::string& name) {
  ALVEUS_TRY_ASSIGN(const detail::DicomElements elements, detail::read_dicom_elements(bytes, name));
  return facts_of(elements, name);
}

core::Result<DicomFacts> read_dicom_facts(const std::filesystem::path& path) {
  ALVEUS_TRY_ASSIGN(const std::string bytes, sys::read_file(path, kFileBytesMax));
  return parse_dicom_facts(bytes, path.string());
}

core::Result<DicomImage> read_dicom(const std::filesystem::path& path) {
  ALVEUS_TRY_ASSIGN(DicomFacts facts, read_dicom_facts(path));
  if (facts.samples_per_pixel != 1 || facts.photometric.starts_with("PALETTE")) {
    return core::fail(core::ErrorCode::kUnsupported,
                      "its picture is coloured (" + facts.photometric + "); a scan has grey values", path.string());
  }
  if (std::string why = why_not_decoded_right(facts); !why.empty()) {
    return core::fail(core::ErrorCode::kUnsupported, std::move(why), path.string());
  }
  ALVEUS_TRY_ASSIGN(Volume volume, detail::decode_dicom(path, facts));
  undo_display(facts, volume.values);
  return DicomImage{std::move(facts), std::move(volume)};
}

std::string why_not_original_axial(const DicomFacts& facts) {
  if (facts.image_type.empty()) return "it does not say whether it is an original axial slice (no Image Type)";
  if (has_word(facts, "LOCALIZER")) return "it is a localizer";
  if (has_word(facts, "DERIVED")) return "it was derived from other images";
  if (has_word(facts, "SECONDARY")) return "it is a secondary image";
  if (!has_word(facts, "ORIGINAL") || !has_word(facts, "PRIMARY") || !has_word(facts, "AXIAL")) {
    return "its Image Type is not ORIGINAL, PRIMARY and AXIAL";
  }
  if (facts.row_and_column) {
    const auto& d = *facts.row_and_column;
    const double normal_z = d[0] * d[4] - d[1] * d[3];
    // 20 degrees: a tilted gantry is still axial, a coronal reformat is not.
    if (std::abs(normal_z) < 0.94) return "its plane is not axial";
  }
  return {};
}

}  // namespace alveus::imaging
