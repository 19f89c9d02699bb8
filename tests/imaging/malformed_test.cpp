// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "imaging/detail/isolated.hpp"
#include "imaging/dicom.hpp"
#include "imaging/nifti.hpp"
#include "imaging/png.hpp"
#include "testing/shared_set.hpp"

namespace alveus::imaging {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// What the message on a file, or on the folder of a series, must say. "" means that it is legal and must be read.
const std::map<std::string, std::string>& facts_by_file() {
  static const std::map<std::string, std::string> facts{
      {"dicom/bits_stored_gt_allocated.dcm", "24 of 16 bits"},
      {"dicom/cut_in_header.dcm", "it is cut"},
      {"dicom/cut_in_meta.dcm", "it is cut"},
      {"dicom/empty.dcm", "DICM are not at byte 128"},
      {"dicom/high_bit_wrong.dcm", "highest bit 3"},
      {"dicom/huge_rows.dcm", "65535"},
      {"dicom/jpeg_lossless_frame_65535.dcm", "cannot be decoded"},
      {"dicom/jpeg_lossless_noise.dcm", "cannot be decoded"},
      {"dicom/nested_3000.dcm", "nested deeper than 64"},
      {"dicom/pixel_length_huge.dcm", "it is cut"},
      {"dicom/pixels_cut.dcm", "it is cut"},
      {"dicom/preamble_only.dcm", "ends after the file meta group"},
      {"dicom/rle_cut.dcm", "it is cut"},
      {"dicom/rle_segment_offset_past_end.dcm", "cannot be decoded"},
      {"dicom/samples_5.dcm", "5 samples a pixel"},
      {"dicom/slope_not_a_number.dcm", ""},  // the slope is "1.", a number after all; a real case stands below
      {"dicom/unknown_transfer_syntax.dcm", "transfer syntax"},
      {"dicom/zero_rows.dcm", "it has no pixels"},
      {"dicom_series/duplicate_position", "at the same place"},
      {"dicom_series/gap", "1 slice is missing between"},
      {"dicom_series/mixed_size", "differs from the rest of its series"},
      {"dicom_series/mixed_slope", ""},
      {"dicom_series/unsorted", ""},
      {"nifti/affine_singular.nii", "voxel no size"},
      {"nifti/bad_magic.nii", "signature"},
      {"nifti/data_cut.nii", "it is cut"},
      {"nifti/data_cut.nii.gz", "damaged"},
      {"nifti/dim0_zero.nii", "0 dimensions"},
      {"nifti/empty.nii", "too short"},
      {"nifti/gz_bad_crc.nii.gz", "damaged"},
      {"nifti/gz_trailing_garbage.nii.gz", "follow after its end"},
      {"nifti/header_cut.nii", "too short"},
      {"nifti/huge_dims.nii", "32767"},
      {"nifti/img_missing.hdr", "missing"},
      {"nifti/negative_dim.nii", "-32"},
      {"nifti/pixdim_zero.nii", "no size along axis"},
      {"nifti/slope_nan.nii", ""},
      {"nifti/slope_zero.nii", ""},
      {"nifti/unknown_datatype.nii", "9999"},
      {"nifti/vox_offset_nan.nii", "impossible place"},
      {"nifti/vox_offset_negative.nii", "impossible place"},
      {"nifti/vox_offset_past_end.nii", "it is cut"},
      {"png/bad_crc_idat.png", "CRC"},
      {"png/bad_crc_ihdr.png", "CRC"},
      {"png/bad_filter.png", "filter"},
      {"png/bomb_64MiB.png", "Too much image data"},
      {"png/chunk_length_overflow.png", "chunk"},
      {"png/empty.png", "does not start like a PNG"},
      {"png/garbage_zlib.png", "no readable PNG"},
      {"png/huge_dimensions.png", "Invalid IHDR"},
      {"png/jpeg_named_png.png", "does not start like a PNG"},
      {"png/no_idat.png", "no readable PNG"},
      {"png/no_iend.png", "ends too early"},
      {"png/palette_missing.png", "PLTE"},
      {"png/short_data.png", "Not enough image data"},
      {"png/signature_only.png", "ends too early"},
      {"png/truncated_half.png", "ends too early"},
      {"png/zero_width.png", "no readable PNG"},
  };
  return facts;
}

/// The row's file, or for a series its folder.
std::string thing_of(const testing::SharedSet& set, std::size_t row) {
  const std::filesystem::path path = set.text(row, "path");
  return set.text(row, "kind") == "dicom_series" ? path.parent_path().string() : path.string();
}

/// "" when the file was read, else the error's text, after its place.
core::Result<std::string> outcome_of(const std::string& kind, const std::filesystem::path& file) {
  const auto told = [&](const auto& result) -> core::Result<std::string> {
    if (result) return std::string();
    if (result.error().where.empty()) return std::string("an error without a place");
    return result.error().text();
  };
  if (kind == "dicom") return told(read_dicom(file));
  if (kind == "dicom_series") return told(read_dicom_series(file));
  if (kind == "nifti") return told(read_nifti_volume(file));
  return told(read_png(file));
}

// Each file is read in a process of its own, which may use no more than this. (GDCM runs in a child of that process,
// within the bounds of `read_dicom`.)
constexpr detail::IsolationLimits kBounds{.memory_bytes = std::size_t{128} << 20, .time = std::chrono::seconds(20)};

TEST(MalformedTest, EachFileGivesOneClearErrorWithinBoundsOfTimeAndMemory) {
  ALVEUS_NEEDS_SET(set, "malformed");
  std::set<std::string> seen;
  for (std::size_t row = 0; row < set.manifest.row_count(); ++row) {
    const std::string thing = thing_of(set, row);
    if (!seen.insert(thing).second) continue;
    SCOPED_TRACE(thing + ": " + set.text(row, "what_is_wrong"));
    ASSERT_TRUE(facts_by_file().contains(thing));
    const std::string& expected = facts_by_file().at(thing);
    const auto outcome =
        detail::run_isolated([&] { return outcome_of(set.text(row, "kind"), set.folder / thing); }, kBounds);
    ASSERT_TRUE(outcome) << outcome.error().text();
    if (expected.empty()) {
      EXPECT_EQ(*outcome, "");
      continue;
    }
    EXPECT_THAT(*outcome, HasSubstr(thing));
    EXPECT_THAT(*outcome, HasSubstr(expected));
    EXPECT_THAT(*outcome, Not(HasSubstr("(0x")));
  }
  EXPECT_EQ(seen.size(), facts_by_file().size());
}

TEST(MalformedTest, ReadsUnscaledWhereTheSlopeIsZeroOrNoNumber) {
  ALVEUS_NEEDS_SET(set, "malformed");
  for (const char* name : {"nifti/slope_nan.nii", "nifti/slope_zero.nii"}) {
    const auto volume = read_nifti_volume(set.folder / name);
    ASSERT_TRUE(volume) << volume.error().text();
    const auto [low, high] = std::ranges::minmax(volume->values);
    EXPECT_EQ(low, -1024) << name;
    EXPECT_EQ(high, 597) << name;
  }
}

TEST(MalformedTest, RefusesARescaleSlopeThatIsNoNumberOrZero) {
  ALVEUS_NEEDS_SET(set, "malformed");
  const std::string good = *sys::read_file(set.folder / "dicom/slope_not_a_number.dcm");
  const std::size_t slope = good.find(
                                "\x53\x10"
                                "DS") +
                            6;
  for (const char* text : {"x ", "0 ", "1e", "1,"}) {
    std::string bytes = good;
    bytes.replace(slope, 2, text);
    const auto facts = parse_dicom_facts(bytes, "a.dcm");
    ASSERT_FALSE(facts) << text;
    EXPECT_THAT(facts.error().text(),
                HasSubstr("a.dcm: its Rescale Slope '" + std::string(text, text[1] == ' ' ? 1 : 2)));
  }
}

// Slice 1 of three has the slope 2 and the others 1; all hold the same stored values.
TEST(MalformedTest, RescalesEachSliceOfASeriesByItsOwnSlope) {
  ALVEUS_NEEDS_SET(set, "malformed");
  const auto volume = read_dicom_series(set.folder / "dicom_series/mixed_slope");
  ASSERT_TRUE(volume) << volume.error().text();
  ASSERT_EQ(volume->shape.depth, 3U);
  const Slice first = slice_of(*volume, 0);
  const Slice second = slice_of(*volume, 1);
  const Slice third = slice_of(*volume, 2);
  for (std::size_t i = 0; i < first.values.size(); ++i) {
    const float stored = first.values[i] + 1024;
    ASSERT_EQ(second.values[i], stored * 2 - 1024) << i;
  }
  EXPECT_EQ(third.values, first.values);
}

TEST(MalformedTest, OrdersASeriesByPlaceWhateverItsFilesAreCalled) {
  ALVEUS_NEEDS_SET(set, "malformed");
  const auto volume = read_dicom_series(set.folder / "dicom_series/unsorted");
  ASSERT_TRUE(volume) << volume.error().text();
  EXPECT_EQ(volume->shape.depth, 4U);
  EXPECT_DOUBLE_EQ(volume->geometry.origin_mm[2], 0);
  EXPECT_DOUBLE_EQ(volume->geometry.spacing_mm[2], 2);
  std::vector<DicomFacts> facts;
  for (const char* name : {"00.dcm", "01.dcm", "02.dcm", "03.dcm"}) {
    facts.push_back(*read_dicom_facts(set.folder / "dicom_series/unsorted" / name));
  }
  EXPECT_THAT(order_series(facts).order, ::testing::ElementsAre(1, 3, 2, 0));  // at 0, 2, 4 and 6 mm
}

}  // namespace
}  // namespace alveus::imaging
