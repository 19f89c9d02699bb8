// SPDX-License-Identifier: Apache-2.0
// docs/reference/commands.md comes from the flag tables; `make bless` writes it anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "cli/commands.hpp"
#include "cli/laboratory_command.hpp"
#include "sys/file.hpp"
#include "testing/help_style.hpp"

namespace alveus::cli {
namespace {

TEST(ReferenceTest, ThePageSaysWhatTheFlagTablesSay) {
  const std::filesystem::path file = ALVEUS_TEST_PROJECT_DIR "/docs/reference/commands.md";
  const std::string page = cmdline::reference_page(
      make_commands(), "alveus",
      "Every command that needs no LibTorch, from its flag table. `alveus COMMAND --help` shows the same.");
  if (std::getenv("ALVEUS_BLESS") != nullptr) {
    ASSERT_TRUE(sys::make_directories(file.parent_path()));
    ASSERT_TRUE(sys::write_file(file, page));
  }
  const auto written = sys::read_file(file);
  ASSERT_TRUE(written) << written.error().text();
  EXPECT_TRUE(*written == page) << "a command or flag changed; `make bless` writes docs/reference/commands.md anew";
}

TEST(ReferenceTest, EveryCommandAndFlagSaysWhatItDoesInOneStyle) {
  for (const auto& command : make_commands()) EXPECT_EQ(testing::out_of_style(command), "");
}

TEST(ReferenceTest, ListsTheCommandsOfTheLaboratoryAsTheyCallThemselves) {
  const auto page = sys::read_file(ALVEUS_TEST_PROJECT_DIR "/docs/reference/laboratory.md");
  ASSERT_TRUE(page) << page.error().text();
  for (const auto& [name, summary] : laboratory_commands()) {
    const std::string entry = "\n## `alveus " + std::string(name) + "`\n\n" + std::string(summary) + "\n";
    EXPECT_NE(page->find(entry), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace alveus::cli
