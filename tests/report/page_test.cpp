// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/study_folder.hpp"

namespace alveus::report {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string page_of(const StudyFolder& study, const ReportOptions& options = {}) {
  const auto evidence = load_evidence(study.paths(), options);
  EXPECT_TRUE(evidence) << evidence.error().text();
  return evidence ? render_report(*evidence, options) : std::string();
}

/// The text of one section.
std::string section_of(const std::string& page, const std::string& id) {
  const auto begin = page.find("<section id=\"" + id + "\">");
  if (begin == std::string::npos) return {};
  return page.substr(begin, page.find("</section>", begin) - begin);
}

TEST(PageTest, SaysTheKeyResultWithItsIntervalInPlainWords) {
  const std::string result = section_of(page_of(StudyFolder()), "result");
  EXPECT_THAT(result, HasSubstr("DenseNet-121"));
  EXPECT_THAT(result, HasSubstr("0.94 (95\xC2\xA0% confidence interval 0.82 to 1.00)"));
  EXPECT_THAT(result, HasSubstr("on 24 patients (12 covid, 12 normal)"));
  EXPECT_THAT(result, HasSubstr("That is no proof that they are equally good."));
  EXPECT_THAT(result, HasSubstr("0.91 (95\xC2\xA0% confidence interval 0.78 to 0.99)"));
}

TEST(PageTest, SaysWhatValidationAloneWouldHaveChosen) {
  const std::string result = section_of(page_of(StudyFolder()), "result");
  EXPECT_THAT(result, HasSubstr("Validation patients alone would have chosen DenseNet-121"));
  EXPECT_THAT(result, HasSubstr("ResNet-18"));
  EXPECT_THAT(result, HasSubstr("in 2 folds"));
  EXPECT_THAT(result, HasSubstr("an area of 0.87 (95\xC2\xA0% confidence interval 0.75 to 0.94)"));
  EXPECT_THAT(section_of(page_of(StudyFolder({.networks = {"resnet18"}})), "result"),
              Not(HasSubstr("would have chosen")));
}

TEST(PageTest, CarriesTheNoticeThatItIsForResearchOnly) {
  const std::string page = page_of(StudyFolder());
  EXPECT_THAT(page, HasSubstr("Research use only. Not a medical device"));
}

TEST(PageTest, NeedsNoOtherFileAndNoNetwork) {
  const std::string page = page_of(StudyFolder());
  EXPECT_THAT(page, HasSubstr("default-src &#39;none&#39;; img-src data:"));
  for (const char* reference : {"http://", "https://", "@import", "url(", "<link", "<iframe", "src=\"/", "fetch("}) {
    EXPECT_THAT(page, Not(HasSubstr(reference)));
  }
}

TEST(PageTest, HasEverySectionOfItsContents) {
  const std::string page = page_of(StudyFolder());
  for (const char* id : {"result", "ranking", "performance", "calibration", "training", "explanations", "data",
                         "methods", "failures", "checklist", "provenance", "timing"}) {
    EXPECT_NE(section_of(page, id), "") << id;
    EXPECT_THAT(page, HasSubstr("href=\"#" + std::string(id) + "\""));
  }
}

TEST(PageTest, NumbersFiguresAndTablesInReadingOrder) {
  const std::string page = page_of(StudyFolder());
  for (const std::string kind : {"Figure ", "Table "}) {
    std::size_t at = 0;
    int number = 1;
    while (true) {
      const auto found = page.find("<b>" + kind + std::to_string(number) + ".</b>");
      if (found == std::string::npos) break;
      EXPECT_GT(found, at) << kind << number;
      at = found;
      ++number;
    }
    EXPECT_GT(number, 5) << kind;
  }
}

TEST(PageTest, EqualEvidenceGivesEqualBytes) {
  const StudyFolder first;
  const StudyFolder second;
  EXPECT_EQ(page_of(first), page_of(second));
  EXPECT_THAT(page_of(first), Not(HasSubstr(first.root().string())));
}

TEST(PageTest, DoesNotDependOnTheOrderOfFolders) {
  const StudyFolder study;
  auto paths = study.paths();
  std::ranges::reverse(paths.training);
  std::ranges::reverse(paths.explanations);
  const auto evidence = load_evidence(paths, {});
  ASSERT_TRUE(evidence);
  EXPECT_EQ(render_report(*evidence, {}), page_of(study));
}

TEST(PageTest, KeepsTimesInTheirOwnSection) {
  const StudyFolder study;
  const std::string before = page_of(study);
  study.write("training/0-0/timing.json", R"({"training_seconds": 987.65, "pictures": 3, "pictures_per_second": 0.1})");
  const std::string after = page_of(study);
  const std::string timing = section_of(after, "timing");
  EXPECT_THAT(timing, HasSubstr("987.6"));
  std::string changed = after;
  changed.replace(changed.find(timing), timing.size(), section_of(before, "timing"));
  EXPECT_EQ(changed, before);
}

TEST(PageTest, EscapesHostileTextOfEveryKind) {
  const std::string attack = "\"><script>alert(1)</script><img src=x onerror='a'>";
  const StudyFolder study({.networks = {attack, "resnet18"},
                           .positive = attack,
                           .negative = "</title></svg>" + attack,
                           .failure_reason = attack});
  study.write("study/rejected.csv", "path,slice,reason\nx,,<script>alert(2)</script>\n");
  const std::string page = page_of(study, {.title = attack});
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)"));
  const auto count_of = [&](const std::string& piece) {
    std::size_t count = 0;
    for (auto at = page.find(piece); at != std::string::npos; at = page.find(piece, at + 1)) ++count;
    return count;
  };
  EXPECT_EQ(count_of("<script"), 1U);
  EXPECT_EQ(count_of("</title></svg>"), 0U);
  EXPECT_EQ(count_of("<img src=x"), 0U);
}

TEST(PageTest, TellsTheAugmentationInWords) {
  const auto methods = [](const char* augmentation) {
    StudyShape shape;
    shape.augmentation = augmentation;
    return section_of(page_of(StudyFolder(shape)), "methods");
  };
  EXPECT_THAT(methods("flip+mixup:0.2"),
              HasSubstr("flip+mixup:0.2 (mirrored left to right with a chance of 50 %; mixed"));
  EXPECT_THAT(methods("none"), HasSubstr("<dt>Augmentation</dt><dd>none</dd>"));
  EXPECT_THAT(methods("of-another-version"), HasSubstr("<dd>of-another-version</dd>"));
}

TEST(PageTest, ListsFailedVariantsWithTheirReasons) {
  const std::string failures = section_of(page_of(StudyFolder()), "failures");
  EXPECT_THAT(failures, HasSubstr("broken-f0"));
  EXPECT_THAT(failures, HasSubstr("the loss is not finite in epoch 3"));
  const std::string none = section_of(page_of(StudyFolder({.has_failure = false})), "failures");
  EXPECT_THAT(none, HasSubstr("None: every variant was trained"));
}

TEST(PageTest, SaysWhatIsMissingWhenPartsAreNotGiven) {
  const StudyFolder study;
  StudyPaths paths = study.paths();
  paths.training.clear();
  paths.explanations.clear();
  paths.study.clear();
  paths.folds.clear();
  paths.tensors.clear();
  const auto evidence = load_evidence(paths, {});
  ASSERT_TRUE(evidence) << evidence.error().text();
  const std::string page = render_report(*evidence, {});
  EXPECT_THAT(section_of(page, "training"), HasSubstr("No training was given"));
  EXPECT_THAT(section_of(page, "explanations"), HasSubstr("No explanation was given"));
  EXPECT_THAT(section_of(page, "checklist"), HasSubstr("13 are missing"));
  EXPECT_EQ(section_of(page, "timing"), "");
  EXPECT_THAT(page, Not(HasSubstr("href=\"#timing\"")));
}

TEST(PageTest, NeverCallsItselfCompleteWithoutExternalResults) {
  const std::string checklist = section_of(page_of(StudyFolder()), "checklist");
  EXPECT_THAT(checklist, HasSubstr("This report is not complete"));
  EXPECT_THAT(checklist, HasSubstr("No external data were tested"));
}

TEST(PageTest, ListsTheHashOfEveryFileItUses) {
  const StudyFolder study;
  const auto evidence = load_evidence(study.paths(), {});
  ASSERT_TRUE(evidence);
  const std::string provenance = section_of(render_report(*evidence, {}), "provenance");
  for (const auto& source : evidence->sources) {
    EXPECT_THAT(provenance, HasSubstr(source.sha256)) << source.name;
    EXPECT_THAT(provenance, HasSubstr(source.name));
  }
}

TEST(PageTest, DrawsOnlyAsManyCurvesAsAskedAndSaysSo) {
  const std::string training = section_of(page_of(StudyFolder(), {.curves_max = 4}), "training");
  std::size_t charts = 0;
  for (auto at = training.find("<svg"); at != std::string::npos; at = training.find("<svg", at + 1)) ++charts;
  EXPECT_EQ(charts, 4U);
  EXPECT_THAT(training, HasSubstr("5 more trainings"));
}

TEST(PageTest, StandsWithoutAnyConfiguration) {
  const std::string page = page_of(StudyFolder({.networks = {}}));
  EXPECT_THAT(section_of(page, "result"), HasSubstr("No configuration could be ranked"));
}

}  // namespace
}  // namespace alveus::report
