// SPDX-License-Identifier: Apache-2.0
#include "core/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>

#include "core/check.hpp"
#include "core/ids.hpp"

namespace alveus::core {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return fail(ErrorCode::kInvalidInput, std::to_string(number) + " is odd", "numbers:3");
  return number / 2;
}

Result<int> quarter(int number) {
  ALVEUS_TRY_ASSIGN(const int once, half(number));
  ALVEUS_TRY_ASSIGN(const int twice, half(once));
  return twice;
}

Status check_even(int number) {
  ALVEUS_TRY(half(number));
  return {};
}

TEST(ResultTest, CarriesAValueOrAnError) {
  EXPECT_EQ(*quarter(12), 3);
  const auto failed = quarter(6);
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(failed.error().text(), "numbers:3: 3 is odd");
  EXPECT_TRUE(check_even(2).has_value());
  EXPECT_FALSE(check_even(3).has_value());
}

Result<std::unique_ptr<int>> boxed(int number) { return std::make_unique<int>(number); }

TEST(ResultTest, MovesWhatCannotBeCopied) {
  const auto sum = []() -> Result<int> {
    ALVEUS_TRY_ASSIGN(const auto box, boxed(5));
    return *box + 1;
  };
  EXPECT_EQ(*sum(), 6);
}

TEST(ErrorTest, ShowsPlaceMessageAndContext) {
  const auto error = Error{.code = ErrorCode::kNotFound, .message = "no file 'x'", .where = "", .context = {}}
                         .with("while reading the study")
                         .with("in step '/train'");
  EXPECT_EQ(error.text(), "no file 'x'\nwhile reading the study\nin step '/train'");
}

TEST(ErrorTest, PassesOnUnchanged) {
  const Error error{.code = ErrorCode::kDenied, .message = "no", .where = "a:1", .context = {"below"}};
  const auto passed = [&]() -> Status { return fail(error); };
  EXPECT_EQ(passed().error(), error);
}

TEST(ErrorCodeTest, EveryCodeHasItsOwnName) {
  std::set<std::string_view> names;
  for (const auto code : {ErrorCode::kInvalidInput, ErrorCode::kNotFound, ErrorCode::kUnsupported, ErrorCode::kDenied,
                          ErrorCode::kUnavailable, ErrorCode::kCorrupt, ErrorCode::kCancelled, ErrorCode::kInternal}) {
    names.insert(name_of(code));
  }
  EXPECT_EQ(names.size(), 8U);
}

TEST(CheckDeathTest, StopsWithPlaceAndMessage) {
  EXPECT_DEATH(ALVEUS_CHECK(1 > 2, "one is less"), "result_test.cpp:[0-9]+: internal error: one is less \\(1 > 2");
  ALVEUS_CHECK(true, "nothing happens");
}

TEST(IdentifierTest, ComparesAndHashesLikeItsText) {
  const StepPath train("/train");
  EXPECT_EQ(train, StepPath("/train"));
  EXPECT_LT(StepPath("/predict"), train);
  EXPECT_TRUE(StepPath().empty());
  EXPECT_EQ(std::hash<StepPath>{}(train), std::hash<std::string>{}("/train"));
}

}  // namespace
}  // namespace alveus::core
