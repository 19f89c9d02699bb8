// SPDX-License-Identifier: Apache-2.0
#include "lab/ingest.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <set>

#include "imaging/nifti.hpp"
#include "imaging/png.hpp"
#include "testing/scan_folder.hpp"

namespace alveus::lab {
namespace {

using testing::chest_slice;
using testing::dicom_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A data folder with two good patients and what a test adds.
class IngestTest : public ::testing::Test {
 protected:
  static constexpr const char* kHeader =
      "path,label,patient_id,split,sha256,unit,slope,intercept,lung_mask,lesion_mask,lung_mask_sha256,slice_index";

  IngestTest() { start(); }

  void start() {
    folder_ = testing::ScanFolder();
    rows_.clear();
    add_png("good/a.png", "covid", "p1", 1);
    add_png("good/b.png", "normal", "p2", 2);
  }

  /// A row with the path, the label, the patient and further cells "split,sha256,…".
  void add_row(const std::string& path, const std::string& label, const std::string& patient,
               std::string cells = ",,hu,1,-1024") {
    cells.append(static_cast<std::size_t>(8 - std::ranges::count(cells, ',')), ',');
    rows_.push_back(path + "," + label + "," + patient + "," + cells);
  }
  void add_png(const std::string& path, const std::string& label, const std::string& patient, std::uint64_t picture,
               const std::string& cells = ",,hu,1,-1024") {
    folder_.write_png(path, chest_slice(picture));
    add_row(path, label, patient, cells);
  }
  void add_dicom(const std::string& path, const std::string& patient, const testing::DicomFile& file) {
    folder_.write_dicom(path, file);
    add_row(path, "covid", patient, ",,,,");
  }

  core::Result<IngestOutcome> run(IngestRequest request = {}) {
    folder_.write_manifest(kHeader, rows_);
    request.data = folder_.path();
    return ingest(request, [](std::size_t, std::size_t) {});
  }
  /// The reason for which a path was rejected, "accepted", or the error.
  std::string fate_of(const std::string& path) {
    const auto outcome = run();
    if (!outcome) return outcome.error().text();
    for (const RejectedSlice& rejected : outcome->rejected) {
      if (rejected.path == path) return rejected.reason;
    }
    const bool accepted =
        std::ranges::any_of(outcome->slices, [&](const StudySlice& slice) { return slice.address.path == path; });
    return accepted ? "accepted" : "neither accepted nor rejected";
  }
  std::vector<std::string> accepted_paths() {
    std::vector<std::string> paths;
    const auto outcome = run();
    EXPECT_TRUE(outcome) << outcome.error().text();
    for (const StudySlice& slice : outcome->slices) paths.push_back(slice.address.path);
    return paths;
  }

  testing::ScanFolder folder_;
  std::vector<std::string> rows_;
};

TEST_F(IngestTest, DescribesEachAcceptedSlice) {
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  ASSERT_EQ(outcome->slices.size(), 2U);
  const StudySlice& slice = outcome->slices.front();
  EXPECT_EQ(slice.sample_id, "good-a");
  EXPECT_EQ(slice.label, "covid");
  EXPECT_EQ(slice.target, 1);
  EXPECT_EQ(slice.width, 120U);
  EXPECT_EQ(slice.address.unit, imaging::Unit::kHounsfield);
  EXPECT_EQ(slice.pixel_sha256.size(), 64U);
  EXPECT_EQ(outcome->slices.back().target, 0);
  EXPECT_THAT(outcome->rejected, IsEmpty());
  EXPECT_EQ(outcome->classes, (std::array<std::string, 2>{"normal", "covid"}));
}

// One chest as PNG, NIfTI and DICOM: the same Hounsfield units, so the same hash.
TEST_F(IngestTest, ReadsTheSamePixelsFromEveryFormat) {
  folder_.write_nifti("n.nii.gz", {chest_slice(1)});
  add_row("n.nii.gz", "covid", "p1", ",,,,");
  testing::DicomFile shifted = dicom_of(chest_slice(1));
  for (std::int32_t& value : shifted.stored) value += 1024;
  shifted.is_signed = false;
  shifted.intercept = -1024;
  add_dicom("d/signed.dcm", "p1", dicom_of(chest_slice(1)));
  shifted.series_uid = "1.2.3.5";
  add_dicom("d/unsigned.dcm", "p1", shifted);
  testing::DicomFile halved = dicom_of(chest_slice(1));
  for (std::int32_t& value : halved.stored) value = value / 2;
  halved.slope = 2;
  halved.series_uid = "1.2.3.6";
  add_dicom("d/slope.dcm", "p1", halved);
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  std::set<std::string> hashes;
  for (const StudySlice& slice : outcome->slices) {
    if (slice.patient_id == "p1") hashes.insert(slice.pixel_sha256);
  }
  EXPECT_EQ(outcome->slices.size(), 6U);
  EXPECT_EQ(hashes.size(), 1U);
}

struct Rejection {
  const char* name;
  std::function<void(testing::ScanFolder&)> make;  ///< writes "x…"
  const char* path;
  const char* cells;
  const char* reason;
};

void write_dicom(testing::ScanFolder& folder, const std::function<void(testing::DicomFile&)>& change) {
  testing::DicomFile file = dicom_of(chest_slice(9));
  change(file);
  folder.write_dicom("x.dcm", file);
}

void write_mask(testing::ScanFolder& folder, std::size_t side) {
  folder.write_png("x.png", chest_slice(9));
  folder.write("m.png", imaging::encode_png(std::vector<std::uint8_t>(side * side, 1), side, side));
}

const char* const kHu = ",,hu,1,-1024";

const std::vector<Rejection>& rejections() {
  static const std::vector<Rejection> table{
      Rejection{"missing", [](auto&) {}, "x.png", kHu, "the file is missing"},
      Rejection{"outside", [](auto&) {}, "../x.png", kHu, "leads out of the data folder"},
      Rejection{"format", [](auto& f) { f.write("x.jpg", "\xff\xd8\xff"); }, "x.jpg", "", "format is not read here"},
      Rejection{"changed", [](auto& f) { f.write_png("x.png", chest_slice(9)); }, "x.png", ",00ff,hu,1,-1024",
                "its sha256 is not the one in the manifest"},
      Rejection{"damaged", [](auto& f) { f.write("x.png", "\x89PNG\r\n\x1a\n"); }, "x.png", kHu,
                "no readable PNG picture"},
      Rejection{"small",
                [](auto& f) { f.write("x.png", imaging::encode_png(std::vector<std::uint8_t>(400, 7), 20, 20)); },
                "x.png", "", "only 20 x 20 pixels large"},
      Rejection{"even",
                [](auto& f) { f.write("x.png", imaging::encode_png(std::vector<std::uint8_t>(1600, 7), 40, 40)); },
                "x.png", "", "every pixel has the value 7"},
      Rejection{"no_units", [](auto& f) { f.write_png("x.png", chest_slice(9)); }, "x.png", ",,hu,1,0",
                "no Hounsfield units of a chest"},
      Rejection{"no_grey", [](auto& f) { f.write_png("x.png", chest_slice(9)); }, "x.png", ",,grey,300,0",
                "no grey levels from 0 to 255"},
      Rejection{"no_lung", [](auto& f) { f.write_png("x.png", chest_slice(9, 0, 0)); }, "x.png", kHu,
                "it shows no lung"},
      Rejection{"localizer",
                [](auto& f) { write_dicom(f, [](auto& d) { d.image_type = "ORIGINAL\\PRIMARY\\LOCALIZER"; }); },
                "x.dcm", "", "it is a localizer"},
      Rejection{"derived", [](auto& f) { write_dicom(f, [](auto& d) { d.image_type = "DERIVED\\PRIMARY\\AXIAL"; }); },
                "x.dcm", "", "derived from other images"},
      Rejection{"magnet", [](auto& f) { write_dicom(f, [](auto& d) { d.modality = "MR"; }); }, "x.dcm", "",
                "it is no CT: its Modality is MR"},
      Rejection{"coronal", [](auto& f) { write_dicom(f, [](auto& d) { d.row_and_column = {1, 0, 0, 0, 0, -1}; }); },
                "x.dcm", "", "its plane is not axial"},
      Rejection{"cut_volume",
                [](auto& f) {
                  imaging::Volume volume{.shape = {40, 40, 2}, .geometry = {}, .values = std::vector<float>(3200, 0)};
                  const std::string whole = imaging::encode_nifti(volume);
                  f.write("x.nii.gz", whole.substr(0, whole.size() - 8));
                },
                "x.nii.gz", "", "damaged"},
      Rejection{"mask_missing", [](auto& f) { f.write_png("x.png", chest_slice(9)); }, "x.png", ",,hu,1,-1024,m.png",
                "its mask 'm.png': the file is missing"},
      Rejection{"mask_size", [](auto& f) { write_mask(f, 60); }, "x.png", ",,hu,1,-1024,m.png",
                "the mask has 60 x 60 x 1 pixels"},
      Rejection{"mask_changed", [](auto& f) { write_mask(f, 120); }, "x.png", ",,hu,1,-1024,m.png,,00ff",
                "its mask 'm.png': its sha256"}};
  return table;
}

TEST_F(IngestTest, SaysWhyItRejectsAFile) {
  for (const Rejection& rejection : rejections()) {
    SCOPED_TRACE(rejection.name);
    start();
    rejection.make(folder_);
    add_row(rejection.path, "covid", "p9", rejection.cells);
    EXPECT_THAT(fate_of(rejection.path), HasSubstr(rejection.reason));
  }
}

TEST_F(IngestTest, RejectsRowsWithoutLabelOrPatientAndRowsThatStandTwice) {
  add_png("c.png", "", "p3", 3);
  add_png("d.png", "covid", "", 4);
  add_row("good/a.png", "covid", "p1");
  EXPECT_THAT(fate_of("c.png"), HasSubstr("no label"));
  EXPECT_THAT(fate_of("d.png"), HasSubstr("no patient_id"));
  EXPECT_EQ(fate_of("good/a.png"), "the manifest names it twice");
  EXPECT_THAT(accepted_paths(), ElementsAre("good/a.png", "good/b.png"));
}

TEST_F(IngestTest, TakesNeitherOfTwoRowsThatContradictEachOther) {
  add_png("c.png", "covid", "p3", 3);
  add_row("./c.png", "normal", "p3");
  EXPECT_THAT(fate_of("c.png"), HasSubstr("with different labels"));
  EXPECT_THAT(accepted_paths(), ElementsAre("good/a.png", "good/b.png"));
}

struct BadManifest {
  const char* text;
  const char* message;
};

TEST(IngestManifestTest, NamesFileAndLineOfEveryFault) {
  const testing::ScanFolder folder;
  for (const BadManifest& bad :
       {BadManifest{"path,label\na.png,covid\n", "patient_id"},
        {"path,label,patient_id\n", "names no file"},
        {"path,label,patient_id,split\na.png,covid,p,training\n", "manifest.csv:2: split 'training'"},
        {"path,label,patient_id,unit\na.png,covid,p,HU\n", "manifest.csv:2: unit 'HU' is neither hu nor grey"},
        {"path,label,patient_id,slope\na.png,covid,p,0\n", "manifest.csv:2: a slope of 0"},
        {"path,label,patient_id,slope\na.png,covid,p,x\n", "manifest.csv:2"},
        {"path,label,patient_id,spacing_mm\na.png,covid,p,-1\n", "spacing_mm is negative"},
        {"path,label,patient_id,spacing_mm\na.png,covid,p,inf\n", "manifest.csv:2: spacing_mm is not finite"},
        {"path,label,patient_id,slice_index\na.png,covid,p,nan\n", "manifest.csv:2: slice_index is not finite"},
        {"path,label,patient_id\n,covid,p\n", "manifest.csv:2: the row names no path"},
        {"path,label,patient_id\na.png,healthy,p\n", "has healthy; name one with --positive"}}) {
    folder.write("manifest.csv", bad.text);
    const auto outcome = ingest({.data = folder.path()}, [](std::size_t, std::size_t) {});
    ASSERT_FALSE(outcome) << bad.text;
    EXPECT_EQ(outcome.error().code, core::ErrorCode::kInvalidInput);
    EXPECT_THAT(outcome.error().text(), HasSubstr(bad.message));
  }
}

// The same picture under two patients' names, one of them tested on.
TEST_F(IngestTest, DropsTheCopyThatIsNotTestedOn) {
  add_png("c.png", "normal", "p3", 3, "train,,hu,1,-1024");
  add_png("d.png", "covid", "p4", 3, "test,,hu,1,-1024");
  EXPECT_THAT(fate_of("c.png"),
              HasSubstr("the same picture as 'd.png' of patient p4 (test, covid) (pixel by pixel), and "
                        "the labels contradict each other: normal here, covid there"));
  EXPECT_EQ(fate_of("d.png"), "accepted");
  EXPECT_EQ(run({.copies = CopyPolicy::kKeep})->slices.size(), 4U);
  const auto failed = run({.copies = CopyPolicy::kFail});
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().text(), HasSubstr("1 pairs of pictures of different patients are copies"));
}

TEST_F(IngestTest, DropsBothCopiesWhenNobodyKnowsWhichLabelIsRight) {
  add_png("c.png", "normal", "p3", 3);
  add_png("d.png", "covid", "p4", 3);
  EXPECT_THAT(accepted_paths(), ElementsAre("good/a.png", "good/b.png"));
}

// Brighter by 20 units and less sharp: another file, the same picture.
TEST_F(IngestTest, FindsCopiesThatAreNotEqual) {
  std::vector<float> picture = chest_slice(1);
  for (std::size_t i = 0; i + 1 < picture.size(); ++i) picture[i] = (picture[i] + picture[i + 1]) / 2 + 20;
  folder_.write_png("c.png", picture);
  add_row("c.png", "covid", "p3");
  EXPECT_THAT(fate_of("c.png"), HasSubstr("the same picture as 'good/a.png'"));
}

// Two slices below the lungs, three in them with one so dense that no lung is found, one above.
TEST_F(IngestTest, CutsTheEndsOfASeriesAndKeepsItsMiddle) {
  const std::vector<float> none = chest_slice(5, 0, 0);
  folder_.write_nifti("v.nii.gz", {none, none, chest_slice(5, 2), none, chest_slice(5, 4), none});
  add_row("v.nii.gz", "covid", "p5", ",,,,");
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  std::vector<std::size_t> kept;
  for (const StudySlice& slice : outcome->slices) {
    if (slice.patient_id == "p5") kept.push_back(slice.address.slice);
  }
  EXPECT_THAT(kept, ElementsAre(2, 3, 4));
  EXPECT_EQ(outcome->rejected.size(), 3U);
  EXPECT_EQ(outcome->rejected.front().slice, 0U);
}

// Rows against the patient's left with the pixels turned round: the same patient.
TEST_F(IngestTest, TurnsSlicesToTheSameSideWhateverTheirRowsRun) {
  const std::vector<float> straight = chest_slice(6);
  std::vector<float> reversed = straight;
  std::ranges::reverse(reversed);
  testing::DicomFile turned = dicom_of(reversed);
  turned.row_and_column = {-1, 0, 0, 0, -1, 0};
  turned.position_mm = {177, 177, 0};
  turned.series_uid = "1.2.3.9";
  add_dicom("a.dcm", "p6", dicom_of(straight));
  add_dicom("b.dcm", "p6", turned);
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  std::vector<std::string> hashes;
  for (const StudySlice& slice : outcome->slices) {
    if (slice.patient_id == "p6") hashes.push_back(slice.pixel_sha256);
  }
  ASSERT_EQ(hashes.size(), 2U);
  EXPECT_EQ(hashes[0], hashes[1]);
}

TEST_F(IngestTest, AcceptsATiltedGantryAndTellsOfMissingSlices) {
  for (const int z : {0, 5, 10, 20, 25}) {
    testing::DicomFile file = dicom_of(chest_slice(7, static_cast<std::uint64_t>(z)), z);
    file.row_and_column = {1, 0, 0, 0, 0.9781476, -0.2079117};  // 12 degrees
    add_dicom("s/" + std::to_string(90 - z) + ".dcm", "p7", file);
  }
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(outcome->slices.size(), 7U);
  ASSERT_EQ(outcome->findings.size(), 1U);
  EXPECT_THAT(outcome->findings.front(), HasSubstr("patient p7: 1 slice is missing between"));
}

TEST_F(IngestTest, RejectsWhatDoesNotFitItsDicomSeries) {
  for (const int z : {0, 5, 10}) add_dicom("s/" + std::to_string(z) + ".dcm", "p7", dicom_of(chest_slice(7), z));
  testing::DicomFile twice = dicom_of(chest_slice(7), 10);
  testing::DicomFile wide = dicom_of(chest_slice(7), 15);
  wide.rows = testing::kChestSide / 2;
  wide.columns = testing::kChestSide * 2;
  add_dicom("s/twice.dcm", "p7", twice);
  add_dicom("s/wide.dcm", "p7", wide);
  EXPECT_THAT(fate_of("s/twice.dcm"), HasSubstr("at the same place"));
  EXPECT_THAT(fate_of("s/wide.dcm"), HasSubstr("differs from the rest of its series"));
  EXPECT_EQ(fate_of("s/10.dcm"), "accepted");
}

TEST_F(IngestTest, TakesEachFrameOfAFileWithSeveral) {
  testing::DicomFile file = dicom_of(chest_slice(8));
  for (const int frame : {1, 2}) {
    for (const float value : chest_slice(8, static_cast<std::uint64_t>(frame))) {
      file.stored.push_back(static_cast<std::int32_t>(value));
    }
  }
  file.frames = 3;
  add_dicom("frames.dcm", "p8", file);
  const auto outcome = run();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(outcome->slices.size(), 5U);
  EXPECT_EQ(outcome->slices.back().sample_id, "frames-k002");
}

TEST_F(IngestTest, ReadsFoldersOfDicomFilesWhateverTheyAreCalled) {
  for (const int z : {0, 5, 10}) {
    folder_.write_dicom("folder/IM" + std::to_string(z), dicom_of(chest_slice(7, static_cast<std::uint64_t>(z)), z));
  }
  add_row("folder", "covid", "p7", ",,,,");
  EXPECT_THAT(accepted_paths(), ElementsAre("good/a.png", "good/b.png", "folder/IM0", "folder/IM10", "folder/IM5"));
}

TEST_F(IngestTest, GivesTheSameBytesForRowsInWhateverOrder) {
  add_png("c.png", "covid", "p3", 3);
  add_png("d.png", "covid", "p4", 3);
  add_row("missing.png", "covid", "p4");
  add_row("c.png", "covid", "p3");
  for (const int z : {0, 5, 10, 10}) {
    add_dicom("s/" + std::to_string(rows_.size()) + ".dcm", "p7", dicom_of(chest_slice(7), z));
  }
  // Slices in Hounsfield units without a number: their order is that of their names.
  for (const int k : {0, 1, 2}) {
    folder_.write_png("series/" + std::to_string(k) + ".png", chest_slice(8, 0, k == 1 ? 1 : 0));
    add_row("series/" + std::to_string(k) + ".png", "covid", "p8");
  }
  const auto artefacts = [&] {
    const auto outcome = run();
    EXPECT_TRUE(outcome);
    return study_csv(outcome->slices) + rejected_csv(*outcome) + summary_json(*outcome);
  };
  const std::string first = artefacts();
  EXPECT_EQ(artefacts(), first);
  std::ranges::reverse(rows_);
  EXPECT_EQ(artefacts(), first);
  std::ranges::rotate(rows_, rows_.begin() + 5);
  EXPECT_EQ(artefacts(), first);
}

}  // namespace
}  // namespace alveus::lab
