// SPDX-License-Identifier: Apache-2.0
// docs/reference/laboratory.md comes from the flag tables; `make bless` writes it anew.
#include <gtest/gtest.h>

#include <cstdlib>

#include "lab/commands.hpp"
#include "sys/file.hpp"
#include "testing/help_style.hpp"

namespace alveus::lab {
namespace {

TEST(ReferenceTest, ThePageSaysWhatTheFlagTablesSay) {
  const std::string file = ALVEUS_TEST_PROJECT_DIR "/docs/reference/laboratory.md";
  const std::string page = cmdline::reference_page(
      make_commands(), "alveus",
      "The commands that need LibTorch or ITK, from their flag tables. `alveus COMMAND --help` shows the same.");
  if (std::getenv("ALVEUS_BLESS") != nullptr) {
    ASSERT_TRUE(sys::write_file(file, page));
  }
  const auto written = sys::read_file(file);
  ASSERT_TRUE(written) << written.error().text();
  EXPECT_TRUE(*written == page) << "a command or flag changed; `make bless` writes docs/reference/laboratory.md anew";
}

TEST(ReferenceTest, EveryCommandAndFlagSaysWhatItDoesInOneStyle) {
  for (const auto& command : make_commands()) EXPECT_EQ(testing::out_of_style(command), "");
}

}  // namespace
}  // namespace alveus::lab
