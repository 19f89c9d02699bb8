// SPDX-License-Identifier: Apache-2.0
// docs/reference/commands.md comes from the flag tables; `make bless` writes it anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "cli/commands.hpp"
#include "sys/file.hpp"

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

TEST(ReferenceTest, EveryCommandAndFlagSaysWhatItDoes) {
  for (const auto& command : make_commands()) {
    EXPECT_FALSE(command.summary.empty()) << command.name;
    for (const auto& flag : command.flags) EXPECT_FALSE(flag.help.empty()) << command.name << " --" << flag.name;
  }
}

}  // namespace
}  // namespace alveus::cli
