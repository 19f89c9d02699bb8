// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>

#include "core/hash.hpp"
#include "imaging/dicom.hpp"
#include "testing/shared_set.hpp"

namespace alveus::imaging {
namespace {

using ::testing::HasSubstr;

template <typename T>
std::string bytes_as(const std::vector<double>& stored) {
  std::string bytes(stored.size() * sizeof(T), '\0');
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const auto value = static_cast<T>(stored[i]);
    std::memcpy(bytes.data() + i * sizeof(T), &value, sizeof(T));
  }
  return bytes;
}

/// The values before the rescale, in the manifest's type, little endian.
std::string stored_bytes(const DicomImage& image, const std::string& type) {
  std::vector<double> stored;
  for (const float value : image.volume.values) {
    const double before = (static_cast<double>(value) - image.facts.intercept) / image.facts.slope;
    stored.push_back(type == "float32" ? before : std::round(before));
  }
  if (type == "float32") return bytes_as<float>(stored);
  if (type == "uint8") return bytes_as<std::uint8_t>(stored);
  if (type == "uint16") return bytes_as<std::uint16_t>(stored);
  if (type == "int16") return bytes_as<std::int16_t>(stored);
  return bytes_as<std::uint32_t>(stored);
}

/// How a row's pixels are to be judged where "the same stored values" is not the answer.
enum class Judgement {
  kRefused,       ///< with a message that holds `text`
  kSignExtended,  ///< the references leave the sign in bit 14 of 15; we take it as a sign (PS3.5, 8.1.1)
  kCutToBits,     ///< the references leave bits above Bits Stored; we cut them off
};

struct Exception {
  Judgement judgement;
  std::string text;
};

/// Every row that is not read to the values of the manifest, and why. GDCM is the decoder of ITK 5.2.
const std::map<std::string, Exception>& exceptions() {
  static const std::map<std::string, Exception> rows{
      // The standard asks for 128 bytes and DICM; none of these is a slice of a scan.
      {"pydicom/ExplVR_BigEndNoMeta.dcm", {Judgement::kRefused, "DICM"}},
      {"pydicom/ExplVR_LitEndNoMeta.dcm", {Judgement::kRefused, "DICM"}},
      {"pydicom/no_meta.dcm", {Judgement::kRefused, "DICM"}},
      {"pydicom/rtstruct.dcm", {Judgement::kRefused, "DICM"}},
      {"pydicom/dicomdirtests/README.txt", {Judgement::kRefused, "DICM"}},
      {"pydicom-data/JLSL_RGB_ILV0.dcm", {Judgement::kRefused, "DICM"}},
      {"pydicom-data/JLSN_RGB_ILV0.dcm", {Judgement::kRefused, "DICM"}},
      {"pydicom/meta_missing_tsyntax.dcm", {Judgement::kRefused, "names no transfer syntax"}},
      {"pydicom/nested_priv_SQ.dcm", {Judgement::kRefused, "it has no pixels"}},
      // Damaged.
      {"pydicom/MR_truncated.dcm", {Judgement::kRefused, "declares 8192 bytes, 8130 are left"}},
      {"pydicom/rtplan_truncated.dcm", {Judgement::kRefused, "it is cut"}},
      {"pydicom/SC_rgb_jpeg.dcm", {Judgement::kRefused, "not encoded as its transfer syntax says"}},
      {"pydicom/badVR.dcm", {Judgement::kRefused, "number of frames '1A'"}},
      {"pydicom/JPEG2000-embedded-sequence-delimiter.dcm", {Judgement::kRefused, "cannot be decoded"}},
      {"pydicom-data/emri_small_jpeg_2k_lossless_too_short.dcm", {Judgement::kRefused, "no end is marked"}},
      // What GDCM 3.0 cannot decode, or decodes wrongly.
      {"pydicom/rtdose_1frame.dcm", {Judgement::kRefused, "cannot be decoded"}},
      {"pydicom/rtdose_expb_1frame.dcm", {Judgement::kRefused, "big-endian order"}},
      {"pydicom/rtdose_expb.dcm", {Judgement::kRefused, "big-endian order"}},
      {"pydicom/rtdose_rle_1frame.dcm", {Judgement::kRefused, "cannot be decoded"}},
      {"pydicom-data/JLSL_08_07_0_1F.dcm", {Judgement::kRefused, "cannot be decoded"}},
      {"pydicom-data/liver_deflate.dcm", {Judgement::kRefused, "cannot be decoded"}},
      {"pydicom-data/liver_rle.dcm", {Judgement::kRefused, "cannot be decoded"}},
      {"pydicom-data/liver_j2k.dcm", {Judgement::kRefused, "cannot be decoded"}},
      {"pydicom-data/liver_nonbyte_aligned_rle.dcm", {Judgement::kRefused, "cannot be decoded"}},
      {"pydicom-data/parametric_map_float.dcm", {Judgement::kRefused, "real numbers"}},
      // Read, with another meaning of unused bits.
      {"pydicom-data/JLSL_16_15_1_1F.dcm", {Judgement::kSignExtended, ""}},
      {"pydicom-data/mlut_18.dcm", {Judgement::kCutToBits, ""}},
  };
  return rows;
}

/// A row's exception, also those that follow from its columns.
std::optional<Exception> exception_of(const testing::SharedSet& set, std::size_t row) {
  const auto found = exceptions().find(set.text(row, "path"));
  if (found != exceptions().end()) return found->second;
  const std::string photometric = set.text(row, "photometric");
  if (photometric.empty()) return Exception{Judgement::kRefused, "it holds no picture"};
  if (set.text(row, "samples") != "1" || photometric.starts_with("PALETTE")) {
    return Exception{Judgement::kRefused, "its picture is coloured (" + photometric + ")"};
  }
  return std::nullopt;
}

void check_facts(const DicomFacts& facts, const testing::SharedSet& set, std::size_t row) {
  const std::string frames = set.text(row, "frames");
  EXPECT_EQ(facts.transfer_syntax, set.text(row, "transfer_syntax"));
  EXPECT_EQ(facts.modality, set.text(row, "modality"));
  EXPECT_EQ(std::to_string(facts.rows), set.text(row, "rows"));
  EXPECT_EQ(std::to_string(facts.columns), set.text(row, "columns"));
  EXPECT_EQ(std::to_string(facts.frames), frames.empty() ? "1" : frames);
  EXPECT_EQ(std::to_string(facts.bits_stored), set.text(row, "bits_stored"));
}

void check_read(const testing::SharedSet& set, std::size_t row, const std::optional<Exception>& exception) {
  auto image = read_dicom(set.file(row));
  ASSERT_TRUE(image) << image.error().text();
  check_facts(image->facts, set, row);
  if (exception && exception->judgement == Judgement::kCutToBits) {
    const auto [low, high] = std::ranges::minmax(image->volume.values);
    EXPECT_EQ(low, -2048);
    EXPECT_EQ(high, 2047);
    return;
  }
  if (exception && exception->judgement == Judgement::kSignExtended) {
    for (float& value : image->volume.values) value = value < 0 ? value + 32768 : value;
  }
  const std::string stored = stored_bytes(*image, set.text(row, "pixel_dtype"));
  EXPECT_EQ(core::hash_text(core::HashKind::kSha256, stored), set.text(row, "pixel_sha256"));
}

TEST(DicomConformanceTest, ReadsGreyPicturesToTheStoredValuesAndRefusesAllOthersWithAReason) {
  ALVEUS_NEEDS_SET(set, "dicom-conformance");
  std::size_t read = 0;
  std::size_t refused = 0;
  for (std::size_t row = 0; row < set.manifest.row_count(); ++row) {
    SCOPED_TRACE(set.text(row, "path"));
    const auto exception = exception_of(set, row);
    if (!exception || exception->judgement != Judgement::kRefused) {
      check_read(set, row, exception);
      ++read;
      continue;
    }
    const auto image = read_dicom(set.file(row));
    ASSERT_FALSE(image);
    EXPECT_THAT(image.error().message, HasSubstr(exception->text));
    EXPECT_THAT(image.error().message, ::testing::Not(HasSubstr("(0x")));
    EXPECT_EQ(image.error().where, set.file(row).string());
    ++refused;
  }
  EXPECT_EQ(read, 74U);
  EXPECT_EQ(refused, 71U);
}

// wg04/CT1_UNC.dcm: stored -2000 to 2278, Rescale Intercept -1024.
TEST(DicomConformanceTest, RescalesToHounsfieldUnits) {
  ALVEUS_NEEDS_SET(set, "dicom-conformance");
  const auto image = read_dicom(set.folder / "wg04/CT1_UNC.dcm");
  ASSERT_TRUE(image) << image.error().text();
  const auto [low, high] = std::ranges::minmax(image->volume.values);
  EXPECT_EQ(low, -3024);
  EXPECT_EQ(high, 1254);
}

// The numbers stand as text in the file.
TEST(DicomConformanceTest, TakesTheGeometryOfTheHeader) {
  ALVEUS_NEEDS_SET(set, "dicom-conformance");
  const auto image = read_dicom(set.folder / "pydicom/CT_small.dcm");
  ASSERT_TRUE(image) << image.error().text();
  const Geometry& geometry = image->volume.geometry;
  EXPECT_NEAR(geometry.spacing_mm[0], 0.661468, 1e-6);
  EXPECT_NEAR(geometry.spacing_mm[1], 0.661468, 1e-6);
  EXPECT_NEAR(geometry.origin_mm[0], -158.135803, 1e-6);
  EXPECT_NEAR(geometry.origin_mm[1], -179.035797, 1e-6);
  EXPECT_NEAR(geometry.origin_mm[2], -75.699997, 1e-6);
  EXPECT_EQ(image->facts.series_uid, "1.3.6.1.4.1.5962.1.3.1.1.20040119072730.12322");
}

}  // namespace
}  // namespace alveus::imaging
