// SPDX-License-Identifier: Apache-2.0
#include "flow/secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"

namespace alveus::flow {
namespace {

using core::Array;
using core::Object;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string hidden(Secrets& secrets, const std::string& value) {
  return secrets.hide("password", value).value().as_string();
}

TEST(SecretsTest, AMarkerStandsForAValueUntilItIsRevealed) {
  Secrets secrets("n1");
  const std::string one = hidden(secrets, "hunter2");
  const std::string two = hidden(secrets, "open sesame");
  EXPECT_THAT(one, Not(HasSubstr("hunter2")));
  EXPECT_EQ(secrets.reveal("--a=" + one + two + one), "--a=hunter2open sesamehunter2");
  EXPECT_EQ(hidden(secrets, "hunter2"), one) << "the same value has one marker";
}

TEST(SecretsTest, ManyMarkersAreToldApart) {
  Secrets secrets("n1");
  std::string text;
  std::string values;
  for (int i = 0; i < 12; ++i) {
    text += hidden(secrets, "value" + std::to_string(i));
    values += "value" + std::to_string(i);
  }
  EXPECT_EQ(secrets.reveal(text), values);
}

TEST(SecretsTest, WhatIsNoMarkerStays) {
  Secrets secrets("n1");
  hidden(secrets, "x");
  for (const char* text : {"(secret-n1-", "(secret-n1-7)", "(secret-n2-0)", "(secret-n1-0", "(secret-n1-x)"}) {
    EXPECT_EQ(secrets.reveal(text), text);
  }
}

TEST(SecretsTest, TextsInListsAreHiddenAndEverythingElseIsRefused) {
  Secrets secrets("n");
  EXPECT_EQ(core::to_json(secrets.hide("p", Array{"a", nullptr, ""}).value()), R"x(["(secret-n-0)",null,""])x");
  for (const core::Value& value : {core::Value(5), core::Value(true), core::Value(Object{{"class", "File"}})}) {
    EXPECT_THAT(secrets.hide("p", value).error().message, HasSubstr("input 'p' is a secret, so it must be a text"));
  }
}

TEST(SecretsTest, AQuoteInAValueDoesNotEndAQuotedWordOfAShell) {
  Secrets secrets("n");
  const std::string marker = hidden(secrets, "it's");
  EXPECT_EQ(secrets.reveal({"/bin/sh", "-c", "echo '" + marker + "'"}),
            (std::vector<std::string>{"/bin/sh", "-c", R"(echo 'it'"'"'s')"}));
  EXPECT_EQ(secrets.reveal({"echo", marker}), (std::vector<std::string>{"echo", "it's"}));
  EXPECT_EQ(secrets.reveal_in_shell("echo \"" + marker + "\" " + marker), "echo \"it's\" it's");
  EXPECT_EQ(secrets.reveal_in_shell(R"(echo \' ")" + marker + "'\" '" + marker), R"(echo \' "it's'" 'it'"'"'s)");
}

TEST(SecretsTest, ValuesAreConcealedInTextAndErrors) {
  Secrets secrets("n");
  hidden(secrets, "key");
  hidden(secrets, "monkey");
  EXPECT_EQ(secrets.conceal(std::string("a monkey, a key")), "a (secret-n-1), a (secret-n-0)");
  const core::Error error = secrets.conceal(core::Error{
      .code = core::ErrorCode::kNotFound, .message = "no program 'monkey'", .where = {}, .context = {"key"}});
  EXPECT_EQ(error.text(), "no program '(secret-n-1)'\n(secret-n-0)");
}

TEST(SecretsTest, OutputsAreConcealedButNotWhereFilesLie) {
  Secrets secrets("n");
  hidden(secrets, "word");
  hidden(secrets, "a");
  const core::Value outputs = Object{
      {"text", "the word"},
      {"whole", "a"},
      {"part", "cat"},
      {"file", Object{{"class", "File"}, {"location", "file:///word"}, {"basename", "word"}, {"contents", "word"}}}};
  EXPECT_EQ(core::to_json(secrets.conceal(outputs)),
            R"x({"text":"the (secret-n-0)","whole":"(secret-n-1)","part":"cat","file":{"class":"File",)x"
            R"x("location":"file:///word","basename":"word","contents":"(secret-n-0)"}})x");
}

TEST(SecretsTest, AreReadBackAsTheyWereKept) {
  Secrets secrets("n");
  const std::string marker = hidden(secrets, "hunter2");
  const auto again = Secrets::from_value(secrets.to_value());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->reveal(marker), "hunter2");
  EXPECT_EQ(Secrets::from_value(Object{{"prefix", "x"}}).error().code, core::ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace alveus::flow
