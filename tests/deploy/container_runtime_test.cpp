// SPDX-License-Identifier: Apache-2.0
#include "deploy/container_runtime.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "testing/fake_connector.hpp"

namespace alveus::deploy {
namespace {

using core::ErrorCode;
using core::RemotePath;
using ::testing::ElementsAre;
using testing::FakeConnector;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Answer {
  int status = 0;
  std::string output;
  std::string errors;
};

/// A site with engines that know some images and answer by rule. A container ends at once with the status of `run`.
class ContainerRuntimeTest : public ::testing::Test {
 protected:
  ContainerRuntimeTest() {
    site_.set_behaviour([this](const SiteCommand& command, FakeConnector& site) { return behave(command, site); });
  }

  core::Result<CommandEnd> behave(const SiteCommand& command, FakeConnector& site) {
    const auto& words = command.arguments;
    said_.push_back(words);
    const Answer answer = answer_to(words);
    if (command.stdout_path) static_cast<void>(site.write(*command.stdout_path, answer.output));
    if (command.stderr_path) static_cast<void>(site.write(*command.stderr_path, answer.errors));
    return CommandEnd{.exit_code = answer.status, .cpu_time = std::chrono::seconds(1), .resident_max_bytes = 5};
  }

  Answer answer_to(const std::vector<std::string>& words) {
    if (words[0] == "id") return {.output = "1000\n"};
    if (words[1] == "--version") return {.output = words[0] + " version 1"};
    if (words[1] == "info") return {.status = info_status_, .output = "false", .errors = info_errors_};
    if (words[1] == "run" || words[1] == "--quiet") return {.status = run_status_};
    if (words[1] == "image") {
      const auto found = images_.find(words.back());
      return found == images_.end() ? Answer{.status = 1, .errors = "no such image"} : Answer{.output = found->second};
    }
    if (words[1] == "pull" && pull_errors_.empty()) images_[words.back()] = "sha256:pulled";
    if (words[1] == "pull" && !pull_errors_.empty()) return {.status = 125, .errors = "Trying\n" + pull_errors_};
    if (words[1] == "ps") return {.output = left_};
    if (words[1] == "build") images_[words[3]] = "sha256:built";
    return {};
  }

  /// How often the engine was called with this word.
  std::ptrdiff_t calls(const std::string& word) const {
    return std::ranges::count_if(said_, [&](const auto& words) { return words.size() > 1 && words[1] == word; });
  }

  ContainerOptions options(EngineChoice choice) {
    return {.choice = choice,
            .run = "r",
            .environment = {{"PATH", "/bin"}, {"APPTAINERENV_LEAK", "x"}},
            .image_directory = RemotePath("/images"),
            .tell = [this](const std::string& text) { told_.push_back(text); }};
  }
  ContainerRuntime& runtime(EngineChoice choice = EngineChoice::kPodman) {
    if (!runtime_) runtime_.emplace(site_, options(choice));
    return *runtime_;
  }

  SiteCommand command_with(const ContainerImage& image) {
    SiteCommand command{.arguments = {"true"}, .log_path = RemotePath("/jobs/log")};
    command.container = JobContainer{.image = image, .name = "j", .working_directory = RemotePath("/w")};
    return command;
  }

  FakeConnector site_;
  std::map<std::string, std::string> images_ = {{"debian", "sha256:1"}};
  int info_status_ = 0;
  int run_status_ = 0;
  std::string info_errors_;
  std::string pull_errors_;
  std::string left_;
  std::vector<std::vector<std::string>> said_;
  std::vector<std::string> told_;
  std::optional<ContainerRuntime> runtime_;
};

TEST_F(ContainerRuntimeTest, NothingIsAskedBeforeAJobNeedsIt) {
  runtime();
  EXPECT_THAT(said_, IsEmpty());
  EXPECT_THAT(site_.tree(), ElementsAre("/jobs"));
}

TEST_F(ContainerRuntimeTest, AnImageThatIsThereIsTakenByItsDigest) {
  const auto image = runtime().prepare_image({.pull = "debian"});
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_EQ((*image)->reference, "sha256:1");
  EXPECT_EQ(calls("pull"), 0);
}

TEST_F(ContainerRuntimeTest, WhoOnlyLooksForAnImageGetsNone) {
  EXPECT_EQ(runtime().find_image({.pull = "alpine"}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(runtime().find_image({.need = ContainerNeed::kHint, .pull = "alpine"}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ((*runtime().find_image({.pull = "debian"}))->reference, "sha256:1");
  EXPECT_EQ(calls("pull"), 0);
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(ContainerRuntimeTest, WhetherThereIsAnEngineIsToldWithoutTheImage) {
  EXPECT_TRUE(*runtime().can_contain({.pull = "alpine"}));
  EXPECT_EQ(calls("image"), 0);
  EXPECT_EQ(calls("pull"), 0);
}

TEST_F(ContainerRuntimeTest, WithContainersOffAHintGoesWithoutAndARequirementFails) {
  EXPECT_FALSE(*runtime(EngineChoice::kNone).can_contain({.need = ContainerNeed::kHint, .pull = "alpine"}));
  EXPECT_EQ(runtime().can_contain({.pull = "alpine"}).error().code, ErrorCode::kUnsupported);
}

TEST_F(ContainerRuntimeTest, AnImageIsToldByItsDigestWhereItIsPinned) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  const auto image = runtime().prepare_image({.pull = "alpine@" + digest});
  EXPECT_EQ((*image)->reference, "sha256:pulled");
  EXPECT_EQ((*image)->identity(), ImageIdentity{.text = digest});
  EXPECT_EQ((*runtime().prepare_image({.pull = "debian"}))->identity(), ImageIdentity{.text = "sha256:1"});
}

TEST_F(ContainerRuntimeTest, AThousandJobsPullOnce) {
  for (int job = 0; job < 1000; ++job) ASSERT_TRUE(runtime().prepare_image({.pull = "alpine"}));
  EXPECT_EQ(calls("pull"), 1);
  EXPECT_EQ(calls("info"), 1);
  EXPECT_THAT(told_, ElementsAre("getting the image 'alpine' with podman"));
}

TEST_F(ContainerRuntimeTest, ADockerfileIsBuiltOnceAndKnownByItsText) {
  ASSERT_TRUE(runtime().prepare_image({.file = "FROM a"}));
  runtime_.reset();
  const auto again = runtime().prepare_image({.file = "FROM a"});
  EXPECT_EQ((*again)->reference, "sha256:built");
  EXPECT_EQ(calls("build"), 1) << "another run finds it";
  ASSERT_TRUE(runtime().prepare_image({.file = "FROM b"}));
  EXPECT_EQ(calls("build"), 2);
}

TEST_F(ContainerRuntimeTest, ARegistryThatDoesNotAnswerMayBeTriedAgain) {
  pull_errors_ = "lookup registry: no such host";
  const auto image = runtime().prepare_image({.pull = "alpine"});
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(image.error().message, "podman cannot get the image 'alpine': lookup registry: no such host");
  pull_errors_.clear();
  EXPECT_TRUE(runtime().prepare_image({.pull = "alpine"}));
}

TEST_F(ContainerRuntimeTest, AnImageThatDoesNotExistIsNotAskedForAgain) {
  pull_errors_ = "manifest unknown";
  for (int job = 0; job < 3; ++job) {
    EXPECT_EQ(runtime().prepare_image({.pull = "alpine"}).error().code, ErrorCode::kNotFound);
  }
  EXPECT_EQ(calls("pull"), 1);
}

TEST_F(ContainerRuntimeTest, ANameAloneMustBeThere) {
  const auto image = runtime().prepare_image({.id = "mine"});
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(image.error().message, HasSubstr("dockerPull would say where to get it"));
}

TEST_F(ContainerRuntimeTest, AHintThatCannotBeHadIsLeftOut) {
  pull_errors_ = "no such host";
  const ImageSource hint{.need = ContainerNeed::kHint, .pull = "alpine"};
  for (int job = 0; job < 3; ++job) {
    const auto image = runtime(EngineChoice::kAuto).prepare_image(hint);
    ASSERT_TRUE(image);
    EXPECT_FALSE(*image) << "and the same for each job of the run";
  }
  EXPECT_EQ(calls("pull"), 1);
  EXPECT_THAT(told_, SizeIs(2));
}

TEST_F(ContainerRuntimeTest, WhoNamesAnEngineWantsHintsToo) {
  pull_errors_ = "no such host";
  EXPECT_FALSE(runtime(EngineChoice::kPodman).prepare_image({.need = ContainerNeed::kHint, .pull = "alpine"}));
}

TEST_F(ContainerRuntimeTest, WithoutContainersHintsAreLeftOutAndRequirementsFail) {
  const auto hint = runtime(EngineChoice::kNone).prepare_image({.need = ContainerNeed::kHint, .pull = "debian"});
  EXPECT_FALSE(*hint);
  const auto required = runtime().prepare_image({.pull = "debian"});
  EXPECT_EQ(required.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(ContainerRuntimeTest, TakesTheFirstEngineThatWorks) {
  info_status_ = 125;
  info_errors_ = "storage is broken";
  const auto engine = runtime(EngineChoice::kAuto).engine();
  ASSERT_TRUE(engine) << engine.error().text();
  EXPECT_EQ((*engine)->program, "apptainer") << "podman and docker were asked and failed";
  EXPECT_FALSE((*engine)->environment.contains("APPTAINERENV_LEAK"));
}

TEST_F(ContainerRuntimeTest, ADaemonThatIsDownMayComeBack) {
  info_status_ = 1;
  info_errors_ = "Cannot connect to the Docker daemon";
  const auto engine = runtime(EngineChoice::kDocker).engine();
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(engine.error().message, HasSubstr("docker: Cannot connect to the Docker daemon"));
  info_status_ = 0;
  EXPECT_TRUE(runtime().engine());
}

TEST_F(ContainerRuntimeTest, SaysWhichEnginesAreMissing) {
  site_.set_behaviour([](const SiteCommand&, FakeConnector&) -> core::Result<CommandEnd> { return CommandEnd{}; });
  site_.set_before_start([this] { site_.fail_operation(1, ErrorCode::kNotFound); });
  const auto engine = runtime(EngineChoice::kAuto).engine();
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(engine.error().message, HasSubstr("podman: not installed; docker: not installed"));
}

TEST_F(ContainerRuntimeTest, ApptainerKeepsImagesAsFiles) {
  const auto image = runtime(EngineChoice::kApptainer).prepare_image({.pull = "alpine"});
  ASSERT_TRUE(image) << image.error().text();
  EXPECT_TRUE((*image)->reference.starts_with("/images/alpine-")) << (*image)->reference;
  EXPECT_EQ(said_.back()[0], "mv") << "so that a pull that is killed leaves no half file under the name";
  site_.put((*image)->reference, "sif");
  runtime_.reset();
  ASSERT_TRUE(runtime(EngineChoice::kApptainer).prepare_image({.pull = "alpine"}));
  EXPECT_EQ(calls("pull"), 1);
}

TEST_F(ContainerRuntimeTest, AJobsEndIsTheClientsWithoutItsMeasures) {
  const auto image = runtime().prepare_image({.pull = "debian"});
  run_status_ = 3;
  std::vector<CommandEnd> ends;
  ASSERT_TRUE(runtime().start(command_with(**image), [&](auto end) { ends.push_back(*end); }));
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_EQ(ends[0].exit_code, 3);
  EXPECT_FALSE(ends[0].cpu_time) << "the client's are not the job's";
  EXPECT_EQ(calls("kill"), 0);
}

TEST_F(ContainerRuntimeTest, AClientKilledFromOutsideLeavesNoContainer) {
  const auto image = runtime().prepare_image({.pull = "debian"});
  run_status_ = 137;
  std::vector<CommandEnd> ends;
  ASSERT_TRUE(runtime().start(command_with(**image), [&](auto end) { ends.push_back(*end); }));
  ASSERT_THAT(ends, SizeIs(1));
  ASSERT_GE(said_.size(), 2U);
  EXPECT_THAT(said_[said_.size() - 2], ElementsAre("podman", "kill", "alveus-r-j"));
  EXPECT_THAT(said_[said_.size() - 1], ElementsAre("podman", "rm", "--force", "alveus-r-j"));
}

TEST_F(ContainerRuntimeTest, CancellingStopsTheContainerByName) {
  const auto image = runtime().prepare_image({.pull = "debian"});
  site_.set_behaviour(nullptr);
  std::vector<CommandEnd> ends;
  const auto handle = runtime().start(command_with(**image), [&](auto end) { ends.push_back(*end); });
  ASSERT_TRUE(handle);
  EXPECT_TRUE(runtime().has_running());
  EXPECT_TRUE(runtime().cancel(*handle));
  EXPECT_THAT(site_.commands().back().arguments, ElementsAre("podman", "stop", "--time", "2", "alveus-r-j"));
  site_.set_behaviour([](const SiteCommand&, FakeConnector&) { return CommandEnd{}; });
  site_.finish(*handle, CommandEnd{.exit_code = 143});
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_TRUE(ends[0].killed);
  EXPECT_FALSE(runtime().has_running());
  EXPECT_FALSE(runtime().cancel(*handle)) << "it has ended";
}

TEST_F(ContainerRuntimeTest, AnEndAfterTheRuntimeIsGoneIsStillTold) {
  const auto image = runtime().prepare_image({.pull = "debian"});
  site_.set_behaviour(nullptr);
  int ends = 0;
  const auto handle = runtime().start(command_with(**image), [&](const auto&) { ++ends; });
  runtime_.reset();
  const std::size_t before = site_.commands().size();
  site_.finish(*handle, CommandEnd{.exit_code = 137});
  EXPECT_EQ(ends, 1);
  EXPECT_EQ(site_.commands().size(), before) << "the site is not touched any more";
}

TEST_F(ContainerRuntimeTest, WhoGoesOnWithARunEndsWhatItsFirstControllerLeft) {
  left_ = "aa\nbb\n";
  auto resumed = options(EngineChoice::kPodman);
  resumed.is_resumed = true;
  runtime_.emplace(site_, resumed);
  ASSERT_TRUE(runtime().engine());
  ASSERT_GE(said_.size(), 2U);
  EXPECT_THAT(said_[said_.size() - 2], ElementsAre("podman", "kill", "aa", "bb"));
  EXPECT_THAT(said_[said_.size() - 1], ElementsAre("podman", "rm", "--force", "aa", "bb"));
}

TEST_F(ContainerRuntimeTest, LeavesNoFolderBehind) {
  ASSERT_TRUE(runtime().prepare_image({.file = "FROM a"}));
  runtime_.reset();
  EXPECT_THAT(site_.tree(), ElementsAre("/jobs"));
}

TEST_F(ContainerRuntimeTest, WhoeverWatchesIsToldBeforeTheFirstContainer) {
  int watched = 0;
  runtime_.emplace(site_, options(EngineChoice::kPodman), [&](const ContainerEngine&) -> core::Status {
    ++watched;
    return {};
  });
  const auto image = runtime().prepare_image({.pull = "debian"});
  EXPECT_EQ(watched, 0);
  for (int job = 0; job < 2; ++job) ASSERT_TRUE(runtime().start(command_with(**image), [](const auto&) {}));
  EXPECT_EQ(watched, 1);
}

}  // namespace
}  // namespace alveus::deploy
