// SPDX-License-Identifier: Apache-2.0
#include "deploy/container_engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace alveus::deploy {
namespace {

using core::ErrorCode;
using core::RemotePath;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

using Words = std::vector<std::string>;

ContainerEngine engine_of(EngineKind kind, std::string program, bool is_rootless = false) {
  return {.kind = kind,
          .program = std::move(program),
          .user_id = "1000",
          .group_id = "100",
          .is_rootless = is_rootless,
          .environment = {{"PATH", "/bin"}, {"HOME", "/home/ada"}}};
}
ContainerEngine podman() { return engine_of(EngineKind::kPodman, "podman"); }
ContainerEngine docker() { return engine_of(EngineKind::kDocker, "docker"); }
ContainerEngine apptainer() { return engine_of(EngineKind::kApptainer, "apptainer"); }

SiteCommand command_in(const ContainerEngine& engine) {
  SiteCommand command{.arguments = {"sort", "-k", "two words"},
                      .environment = {{"HOME", "/var/spool/cwl"}, {"A", "x=y,z"}},
                      .working_directory = RemotePath("/jobs/j/out"),
                      .log_path = RemotePath("/jobs/j/log")};
  command.container = JobContainer{
      .image = {.engine = std::make_shared<ContainerEngine>(engine), .name = "debian:12", .reference = "sha256:abc"},
      .name = "j",
      .mounts = {{RemotePath("/data/a,b \"c\""), RemotePath("/var/lib/cwl/1/a"), MountAccess::kRead},
                 {RemotePath("/jobs/j/out"), RemotePath("/var/spool/cwl"), MountAccess::kWrite}},
      .working_directory = RemotePath("/var/spool/cwl")};
  return command;
}

Words line(const ContainerEngine& engine) { return engine_command(command_in(engine), "r1").arguments; }

TEST(ContainerEngineTest, PodmanOfRoot) {
  EXPECT_THAT(line(podman()),
              ElementsAre("podman", "run", "--rm", "--name=alveus-r1-j", "--label=alveus.run=r1", "--pull=never",
                          "--read-only", "--log-driver=none", "--security-opt=label=disable", "--user=1000:100",
                          "--network=none", "--workdir=/var/spool/cwl", "--env=A=x=y,z", "--env=HOME=/var/spool/cwl",
                          "--mount=type=bind,\"source=/data/a,b \"\"c\"\"\",destination=/var/lib/cwl/1/a,ro",
                          "--mount=type=bind,source=/jobs/j/out,destination=/var/spool/cwl", "sha256:abc", "sort", "-k",
                          "two words"));
}

TEST(ContainerEngineTest, PodmanWithoutRootKeepsTheUsersId) {
  const auto words = line(engine_of(EngineKind::kPodman, "podman", true));
  EXPECT_THAT(words, Contains("--userns=keep-id"));
  EXPECT_THAT(words, Contains("--user=1000:100"));
}

TEST(ContainerEngineTest, DockerRunsAsTheUser) {
  const auto words = line(docker());
  EXPECT_EQ(words.front(), "docker");
  EXPECT_THAT(words, Contains("--user=1000:100"));
  EXPECT_THAT(words, Not(Contains("--userns=keep-id")));
}

TEST(ContainerEngineTest, TheUserIsRootInADockerWithoutRoot) {
  EXPECT_THAT(line(engine_of(EngineKind::kDocker, "docker", true)), Contains("--user=0:0"));
}

TEST(ContainerEngineTest, Apptainer) {
  EXPECT_THAT(line(apptainer()), ElementsAre("apptainer", "--quiet", "exec", "--containall", "--cleanenv", "--mount",
                                             "type=bind,\"source=/data/a,b \"\"c\"\"\",destination=/var/lib/cwl/1/a,ro",
                                             "--home", "/jobs/j/out:/var/spool/cwl", "--pwd", "/var/spool/cwl", "--net",
                                             "--network", "none", "sha256:abc", "sort", "-k", "two words"));
}

TEST(ContainerEngineTest, TheEngineSeesItsOwnEnvironmentAndTheJobItsOwn) {
  EXPECT_THAT(engine_command(command_in(podman()), "r1").environment,
              UnorderedElementsAre(Pair("PATH", "/bin"), Pair("HOME", "/home/ada")));
  EXPECT_THAT(engine_command(command_in(apptainer()), "r1").environment,
              UnorderedElementsAre(Pair("PATH", "/bin"), Pair("HOME", "/home/ada"), Pair("APPTAINERENV_A", "x=y,z")));
  EXPECT_THAT(engine_command(command_in(engine_of(EngineKind::kSingularity, "singularity")), "r1").environment,
              Contains(Pair("SINGULARITYENV_A", "x=y,z")));
}

TEST(ContainerEngineTest, StreamsAndLimitsStayOutside) {
  SiteCommand command = command_in(docker());
  command.stdin_path = RemotePath("/data/in");
  command.stdout_path = RemotePath("/jobs/j/out/o");
  command.time_limit = std::chrono::seconds(3);
  const SiteCommand outside = engine_command(command, "r1");
  EXPECT_EQ(outside.stdin_path, command.stdin_path);
  EXPECT_EQ(outside.stdout_path, command.stdout_path);
  EXPECT_EQ(outside.time_limit, command.time_limit);
  EXPECT_FALSE(outside.container);
  EXPECT_THAT(outside.arguments, Contains("--interactive")) << "or it would see no standard input";
}

TEST(ContainerEngineTest, SharedMemoryHasTheSizeThatIsAskedFor) {
  for (const auto& engine : {podman(), docker()}) {
    SiteCommand command = command_in(engine);
    command.container->shm_size = "512m";
    EXPECT_THAT(engine_command(command, "r1").arguments, Contains("--shm-size=512m")) << engine.program;
  }
}

TEST(ContainerEngineTest, TheNetworkIsThereWhenAskedFor) {
  for (const auto& engine : {podman(), docker(), apptainer()}) {
    SiteCommand command = command_in(engine);
    command.container->has_network = true;
    const auto words = engine_command(command, "r1").arguments;
    EXPECT_THAT(words, Not(Contains("--network=none"))) << engine.program;
    EXPECT_THAT(words, Not(Contains("--network"))) << engine.program;
  }
}

TEST(ContainerEngineTest, GraphicsProcessors) {
  const std::vector<std::pair<ContainerEngine, std::string>> rules = {
      {podman(), "--device=nvidia.com/gpu=3"}, {docker(), "--gpus=\"device=1,3\""}, {apptainer(), "--nv"}};
  for (const auto& [engine, word] : rules) {
    SiteCommand command = command_in(engine);
    EXPECT_THAT(engine_command(command, "r1").arguments, Not(Contains(word)));
    command.container->gpus = {"1", "3"};
    command.environment["CUDA_VISIBLE_DEVICES"] = "1,3";
    const SiteCommand outside = engine_command(command, "r1");
    EXPECT_THAT(outside.arguments, Contains(word));
    EXPECT_THAT(outside.arguments, Not(Contains("--env=CUDA_VISIBLE_DEVICES=1,3"))) << "they are the first two inside";
  }
}

TEST(ContainerEngineTest, AMemoryLimitIsTheContainersAndNotItsClients) {
  SiteCommand command = command_in(docker());
  command.memory_limit_bytes = 1048576;
  const SiteCommand outside = engine_command(command, "r1");
  EXPECT_THAT(outside.arguments, Contains("--memory=1048576b"));
  EXPECT_EQ(outside.memory_limit_bytes, 0);
}

TEST(ContainerEngineTest, EndsContainersByName) {
  EXPECT_THAT(stop_arguments(podman(), "n"), ElementsAre("podman", "stop", "--time", "2", "n"));
  EXPECT_THAT(kill_arguments(docker()), ElementsAre("docker", "kill"));
  EXPECT_THAT(remove_arguments(docker()), ElementsAre("docker", "rm", "--force"));
  EXPECT_THAT(list_arguments(podman(), "r1"),
              ElementsAre("podman", "ps", "--all", "--quiet", "--no-trunc", "--filter", "label=alveus.run=r1"));
  EXPECT_TRUE(has_detached_containers(EngineKind::kPodman));
  EXPECT_FALSE(has_detached_containers(EngineKind::kApptainer));
}

struct ObtainRule {
  ContainerEngine engine;
  ImageSource source;
  Words words;
};

TEST(ContainerEngineTest, GetsImagesHoweverTheyAreGiven) {
  const RemotePath place("/p");
  const std::string built = image_names({.file = "FROM x"}).front();
  const std::vector<ObtainRule> rules = {
      {podman(), {.pull = "debian:12"}, {"podman", "pull", "--quiet", "debian:12"}},
      {docker(), {.load = "file:///a%20b.tar"}, {"docker", "load", "--input", "/a b.tar"}},
      {podman(), {.id = "x", .import = "/r.tar"}, {"podman", "import", "/r.tar", "x"}},
      {podman(), {.id = "x", .import = "https://h/r.tar"}, {"podman", "import", "https://h/r.tar", "x"}},
      {docker(), {.file = "FROM x"}, {"docker", "build", "--tag", built, "--file", "/p/Dockerfile", "/p"}},
      {docker(),
       {.id = "mine", .file = "FROM x"},
       {"docker", "build", "--tag", built, "--tag", "mine", "--file", "/p/Dockerfile", "/p"}},
      {apptainer(), {.pull = "debian:12"}, {"apptainer", "pull", "/p", "docker://debian:12"}},
      {apptainer(), {.pull = "oras://r/x"}, {"apptainer", "pull", "/p", "oras://r/x"}},
      {apptainer(), {.load = "/i.tar"}, {"apptainer", "build", "/p", "docker-archive:/i.tar"}},
  };
  for (const auto& [engine, source, words] : rules) {
    EXPECT_TRUE(check_source(engine, source));
    EXPECT_EQ(obtain_arguments(engine, source, place), words);
  }
}

TEST(ContainerEngineTest, AnEditedDockerfileIsAnotherImage) {
  EXPECT_NE(image_names({.id = "mine", .file = "FROM x"}), image_names({.id = "mine", .file = "FROM y"}));
  EXPECT_THAT(image_names({.id = "mine", .pull = "debian"}), ElementsAre("mine", "debian"));
  EXPECT_THAT(image_names({.load = "/i.tar"}), IsEmpty());
}

TEST(ContainerEngineTest, ADigestPinsAnImageWhereNothingElseMayStandForIt) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  EXPECT_EQ(pinned_digest({.pull = "debian@" + digest}), digest);
  EXPECT_EQ(pinned_digest({.pull = "localhost:5000/debian:12@" + digest}), digest);
  EXPECT_EQ(pinned_digest({.pull = "debian:12"}), "");
  EXPECT_EQ(pinned_digest({.pull = "debian@sha256:12"}), "");
  EXPECT_EQ(pinned_digest({.pull = "debian@sha256:" + std::string(64, 'x')}), "");
  EXPECT_EQ(pinned_digest({.id = "mine", .pull = "debian@" + digest}), "") << "an image 'mine' would be taken";
  EXPECT_EQ(pinned_digest({.file = "FROM debian@" + digest}), "");
}

struct RefusalRule {
  ContainerEngine engine;
  ImageSource source;
  ErrorCode code;
};

TEST(ContainerEngineTest, RefusesWhatNamesNoImage) {
  const std::vector<RefusalRule> rules = {
      {podman(), {.pull = "--privileged"}, ErrorCode::kInvalidInput},
      {podman(), {.id = "-v/:/host"}, ErrorCode::kInvalidInput},
      {podman(), {.pull = "a b"}, ErrorCode::kInvalidInput},
      {podman(), {.pull = "a\nb"}, ErrorCode::kInvalidInput},
      {podman(), {}, ErrorCode::kInvalidInput},
      {docker(), {.load = "https://host/image.tar"}, ErrorCode::kUnsupported},
      {apptainer(), {.file = "FROM x"}, ErrorCode::kUnsupported},
      {apptainer(), {.import = "/r.tar"}, ErrorCode::kUnsupported},
  };
  for (const auto& [engine, source, code] : rules) {
    const auto checked = check_source(engine, source);
    ASSERT_FALSE(checked) << source.pull << source.id;
    EXPECT_EQ(checked.error().code, code) << checked.error().text();
  }
}

TEST(ContainerEngineTest, SaysWhetherAnotherTryMayHelp) {
  const std::map<std::string, ErrorCode> rules = {
      {"dial tcp: lookup registry-1.docker.io: no such host", ErrorCode::kUnavailable},
      {"toomanyrequests: You have reached your pull rate limit", ErrorCode::kUnavailable},
      {"Cannot connect to the Docker daemon at unix:///var/run/docker.sock", ErrorCode::kUnavailable},
      {"manifest for debian:none not found: manifest unknown", ErrorCode::kNotFound},
      {"open /i.tar: no such file or directory", ErrorCode::kNotFound},
      {"unauthorized: access to the requested resource is not authorized", ErrorCode::kDenied},
      {"permission denied while trying to connect to the Docker daemon socket", ErrorCode::kDenied},
      {"invalid reference format", ErrorCode::kInvalidInput},
  };
  for (const auto& [text, code] : rules) EXPECT_EQ(classify_refusal(text), code) << text;
}

TEST(ContainerEngineTest, ReadsWhatWasLoaded) {
  EXPECT_EQ(loaded_image("Getting image source\nLoaded image: localhost/a:b\n"), "localhost/a:b");
  EXPECT_EQ(loaded_image("Loaded image ID: sha256:12"), "sha256:12");
  EXPECT_EQ(loaded_image("Loaded image(s): a:1,b:2"), "a:1");
  EXPECT_EQ(loaded_image("nothing"), "");
}

TEST(ContainerEngineTest, ImageFilesDifferWhereNamesDo) {
  EXPECT_NE(image_file_name("a/b:c"), image_file_name("a:b/c"));
  EXPECT_EQ(image_file_name("a/b").find('/'), std::string::npos);
  EXPECT_LT(image_file_name(std::string(1000, 'a')).size(), 200U);
}

TEST(ContainerEngineTest, KnowsPodmanUnderAnotherName) {
  EXPECT_TRUE(is_podman_in_disguise("podman version 4.3.1"));
  EXPECT_TRUE(is_podman_in_disguise("Emulate Docker CLI using Podman."));
  EXPECT_FALSE(is_podman_in_disguise("Docker version 24.0.7, build afdd53b"));
}

TEST(JobContainerTest, TheDeepestMountHoldsAPath) {
  const JobContainer container{.mounts = {{RemotePath("/h/out"), RemotePath("/o"), MountAccess::kWrite},
                                          {RemotePath("/data"), RemotePath("/o/d"), MountAccess::kRead}}};
  EXPECT_EQ(container.site_path_of(RemotePath("/o")).text(), "/h/out");
  EXPECT_EQ(container.site_path_of(RemotePath("/o/a")).text(), "/h/out/a");
  EXPECT_EQ(container.site_path_of(RemotePath("/o/d/a")).text(), "/data/a");
  EXPECT_EQ(container.site_path_of(RemotePath("/o/da")).text(), "/h/out/da");
  EXPECT_TRUE(container.site_path_of(RemotePath("/other")).empty());
}

}  // namespace
}  // namespace alveus::deploy
