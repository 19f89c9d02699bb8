// SPDX-License-Identifier: Apache-2.0
#include "engine/container_job.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "testing/fake_connector.hpp"

namespace alveus::engine {
namespace {

using core::ErrorCode;
using core::Location;
using core::RemotePath;
using deploy::ContainerMount;
using deploy::MountAccess;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FakeConnector;
using ::testing::HasSubstr;
using ::testing::Not;
using Kind = flow::StageEntry::Kind;

/// A site with containers, where every image can be had.
class ContainerSite final : public FakeConnector {
 public:
  core::Result<std::optional<deploy::ContainerImage>> prepare_image(const deploy::ImageSource& source) override {
    ++obtained;
    return deploy::ContainerImage{.name = source.pull, .reference = "sha256:1"};
  }
  core::Result<bool> can_contain(const deploy::ImageSource&) override { return has_engine; }

  int obtained = 0;
  bool has_engine = true;
};

class ContainerJobTest : public ::testing::Test {
 protected:
  ContainerJobTest() {
    folder_ = *site_.make_job_folder(core::JobId("/j"));
    inside_ = *site_inside({}, {});
  }

  static flow::StageEntry entry(Kind kind, const std::string& target, const std::string& location = {}) {
    return {.kind = kind,
            .location = location.empty() ? Location() : Location("fake-site://" + location),
            .target = RemotePath(target),
            .contents = "text"};
  }

  std::vector<std::string> stage(const std::vector<flow::StageEntry>& entries) {
    auto mounts = stage_inside(entries, folders_, sites_, site_);
    EXPECT_TRUE(mounts) << mounts.error().text();
    container_.mounts = mounts.value_or(std::vector<ContainerMount>());
    std::vector<std::string> lines;
    for (const auto& mount : container_.mounts) {
      lines.push_back(mount.source.text() + " " + mount.target.text() +
                      (mount.access == MountAccess::kWrite ? " rw" : ""));
    }
    return lines;
  }

  void settle() {
    const auto settled = settle_outputs(container_, folders_, site_);
    EXPECT_TRUE(settled) << settled.error().text();
  }

  FakeConnector site_;
  transfer::Sites sites_{site_};
  deploy::JobFolder folder_;
  flow::JobSite inside_;
  ContainerFolders folders_{.outside = folder_, .inside = inside_};
  deploy::JobContainer container_;
};

TEST_F(ContainerJobTest, TheOutputAndTheTemporaryDirectoryAreMounted) {
  EXPECT_THAT(stage({}), ElementsAre("/jobs/j/tmp /tmp rw", "/jobs/j/out /var/spool/cwl rw"));
}

TEST_F(ContainerJobTest, TheToolMayNameItsOutputDirectory) {
  EXPECT_EQ(site_inside({}, {.output_directory = RemotePath("/other/")})->outdir.text(), "/other");
  const auto in_tmp = site_inside({}, {.output_directory = RemotePath("/tmp")});
  EXPECT_EQ(in_tmp->outdir.text(), "/tmp");
  EXPECT_EQ(in_tmp->tmpdir.text(), "/var/tmp") << "they are two";
  EXPECT_EQ(site_inside({}, {.output_directory = RemotePath("/a/..")}).error().code, ErrorCode::kInvalidInput);
}

TEST_F(ContainerJobTest, AnInputIsMountedToBeRead) {
  site_.put("/data/a.txt", "a");
  EXPECT_THAT(stage({entry(Kind::kReadOnly, "/var/lib/cwl/1/a.txt", "/data/a.txt")}),
              ElementsAre("/jobs/j/tmp /tmp rw", "/jobs/j/in /var/lib/cwl", "/data/a.txt /var/lib/cwl/1/a.txt",
                          "/jobs/j/out /var/spool/cwl rw"));
  EXPECT_THAT(site_.tree(), Contains("/jobs/j/in/1/a.txt"))
      << "the mount point is made by us, not by the engine's root";
}

TEST_F(ContainerJobTest, LiteralsAndDirectoriesAreMade) {
  stage({entry(Kind::kDirectory, "/var/lib/cwl/1/d"), entry(Kind::kLiteral, "/var/lib/cwl/1/d/f")});
  EXPECT_EQ(*site_.read(RemotePath("/jobs/j/in/1/d/f"), 9), "text");
}

TEST_F(ContainerJobTest, WhatMayBeWrittenIsACopy) {
  site_.put("/data/a.txt", "a");
  EXPECT_THAT(stage({entry(Kind::kWritable, "/var/spool/cwl/a.txt", "/data/a.txt")}),
              ElementsAre("/jobs/j/tmp /tmp rw", "/jobs/j/out /var/spool/cwl rw"));
  EXPECT_EQ(*site_.read(RemotePath("/jobs/j/out/a.txt"), 9), "a");
}

TEST_F(ContainerJobTest, WhatIsChangedInPlaceIsMountedToBeWritten) {
  site_.put("/data/a.txt", "a");
  EXPECT_THAT(stage({entry(Kind::kInPlace, "/var/spool/cwl/a.txt", "/data/a.txt")}),
              Contains("/data/a.txt /var/spool/cwl/a.txt rw"));
}

TEST_F(ContainerJobTest, AnyPlaceOfTheContainerCanBeFilled) {
  site_.put("/data/a.txt", "a");
  EXPECT_THAT(
      stage({entry(Kind::kReadOnly, "/etc/a.txt", "/data/a.txt"), entry(Kind::kLiteral, "/etc/tool.ini"),
             entry(Kind::kWritable, "/opt/a.txt", "/data/a.txt"), entry(Kind::kDirectory, "/opt/d"),
             entry(Kind::kLiteral, "/opt/d/f")}),
      ElementsAre("/data/a.txt /etc/a.txt", "/jobs/j/mounts/2 /etc/tool.ini rw", "/jobs/j/mounts/3 /opt/a.txt rw",
                  "/jobs/j/mounts/4 /opt/d rw", "/jobs/j/tmp /tmp rw", "/jobs/j/out /var/spool/cwl rw"));
  EXPECT_EQ(*site_.read(RemotePath("/jobs/j/mounts/4/f"), 9), "text");
}

TEST_F(ContainerJobTest, ADirectoryWithLinksOutOfItIsCopied) {
  site_.put("/data/d/a", "a");
  site_.put("/far/b", "b");
  site_.put_link("/data/d/inner", "a");
  const std::vector<flow::StageEntry> entries = {entry(Kind::kReadOnly, "/var/lib/cwl/1/d", "/data/d")};
  EXPECT_THAT(stage(entries), Contains("/data/d /var/lib/cwl/1/d")) << "links within are fine";
  site_.put_link("/data/d/outer", "../../far/b");
  ASSERT_TRUE(site_.remove(RemotePath("/jobs/j/in/1")));
  EXPECT_THAT(stage(entries), Not(Contains("/data/d /var/lib/cwl/1/d")));
  EXPECT_EQ(*site_.read(RemotePath("/jobs/j/in/1/d/outer"), 9), "b");
}

TEST_F(ContainerJobTest, DataOfAnotherSiteAreBrought) {
  FakeConnector other("far");
  other.put("/a", "a");
  transfer::Sites sites{site_};
  sites.add(other);
  const std::vector<flow::StageEntry> entries = {
      {.kind = Kind::kReadOnly, .location = Location("fake-far:///a"), .target = RemotePath("/var/lib/cwl/1/a")}};
  ASSERT_TRUE(stage_inside(entries, folders_, sites, site_));
  EXPECT_EQ(*site_.read(RemotePath("/jobs/j/in/1/a"), 9), "a");
}

TEST_F(ContainerJobTest, AThousandMountsAreEnough) {
  std::vector<flow::StageEntry> entries;
  for (int index = 0; index < 1003; ++index) {
    const std::string name = std::to_string(index);
    site_.put("/data/" + name, name);
    entries.push_back(entry(Kind::kReadOnly, "/var/lib/cwl/" + name + "/f", "/data/" + name));
  }
  EXPECT_EQ(stage(entries).size(), 1003U) << "a thousand, and the job's three";
  EXPECT_EQ(*site_.read(RemotePath("/jobs/j/in/1002/f"), 9), "1002") << "the rest is copied";
}

TEST_F(ContainerJobTest, NothingIsPutIntoWhatIsNotTheJobs) {
  site_.put("/data/d/a", "a");
  const std::vector<flow::StageEntry> entries = {entry(Kind::kReadOnly, "/var/lib/cwl/1/d", "/data/d"),
                                                 entry(Kind::kLiteral, "/var/lib/cwl/1/d/new")};
  const auto staged = stage_inside(entries, folders_, sites_, site_);
  ASSERT_FALSE(staged);
  EXPECT_EQ(staged.error().code, ErrorCode::kInvalidInput);
  EXPECT_FALSE(site_.status(RemotePath("/data/d/new")));
}

TEST_F(ContainerJobTest, AfterwardsALinkStandsForWhatWasMountedAmongTheOutputs) {
  site_.put("/data/a.txt", "a");
  stage({entry(Kind::kReadOnly, "/var/spool/cwl/a.txt", "/data/a.txt")});
  for (int again = 0; again < 2; ++again) {
    settle();
    EXPECT_THAT(site_.tree(), Contains("/jobs/j/out/a.txt -> /data/a.txt"));
  }
}

TEST_F(ContainerJobTest, ALinkOfTheSiteMayBeRelative) {
  site_.put("/jobs/first/out/a.txt", "a");
  stage({entry(Kind::kReadOnly, "/var/lib/cwl/1/a.txt", "/jobs/first/out/a.txt")});
  site_.put_link("/jobs/j/out/mended", "../../first/out/a.txt");
  settle();
  EXPECT_THAT(site_.tree(), Contains("/jobs/j/out/mended -> ../../first/out/a.txt"));
}

struct LinkRule {
  const char* link;    ///< below the output directory
  const char* target;  ///< as the command made it
  const char* left;    ///< the line of the tree afterwards; empty: the link is gone
};

TEST_F(ContainerJobTest, LinksMeanOutsideWhatTheyMeantInside) {
  site_.put("/data/a.txt", "a");
  site_.put("/data/d/x", "x");
  site_.put("/etc/passwd", "the site's own");
  stage({entry(Kind::kReadOnly, "/var/lib/cwl/1/a.txt", "/data/a.txt"),
         entry(Kind::kReadOnly, "/var/lib/cwl/2/d", "/data/d")});
  site_.put("/jobs/j/out/real", "r");
  site_.put("/jobs/j/out/sub/deep", "d");
  site_.put("/jobs/j/tmp/t", "t");
  const std::vector<LinkRule> rules = {
      {"relative", "real", "/jobs/j/out/relative -> real"},
      {"sub/up", "../real", "/jobs/j/out/sub/up -> ../real"},
      {"absolute", "/var/spool/cwl/real", "/jobs/j/out/absolute -> /jobs/j/out/real"},
      {"early", "/var/spool/cwl/later", "/jobs/j/out/early -> /data/a.txt"},
      {"later", "/var/lib/cwl/1/a.txt", "/jobs/j/out/later -> /data/a.txt"},
      {"part", "/var/lib/cwl/2/d/x", "/jobs/j/out/part -> /data/d/x"},
      {"around", "../../lib/cwl/1/a.txt", "/jobs/j/out/around -> /data/a.txt"},
      {"temporary", "/tmp/t", ""},
      {"password", "/etc/passwd", ""},
      {"climbing", "../../../etc/passwd", ""},
      {"tangled", "sub/../../../../../../etc/passwd", ""},
      {"nothing", "/var/spool/cwl/missing", ""},
      {"broken", "missing", "/jobs/j/out/broken -> missing"},
  };
  for (const auto& rule : rules) site_.put_link(std::string("/jobs/j/out/") + rule.link, rule.target);
  for (int again = 0; again < 2; ++again) {
    settle();
    for (const auto& rule : rules) {
      if (*rule.left != '\0') {
        EXPECT_THAT(site_.tree(), Contains(rule.left));
      } else {
        EXPECT_THAT(site_.tree(), Not(Contains(HasSubstr(std::string("/out/") + rule.link)))) << rule.link;
      }
    }
  }
}

TEST_F(ContainerJobTest, AnErrorSaysWhereTheContainerIsAskedFor) {
  const ConnectorDataAccess access(site_);
  const auto image =
      image_for(flow::ContainerRequest{.required = true, .pull = "x", .where = "main.cwl:3:1"}, site_, access);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(image.error().where, "main.cwl:3:1");
  EXPECT_FALSE(*image_for(flow::ContainerRequest{.required = false, .pull = "x"}, site_, access))
      << "a hint is left out";
  EXPECT_FALSE(*image_for(std::nullopt, site_, access));
}

TEST(ImageIdentityTest, AnImageNamedByItsDigestIsKnownBeforeItIsThere) {
  ContainerSite site;
  const ConnectorDataAccess access(site);
  const std::string digest = "sha256:" + std::string(64, 'a');
  const flow::ContainerRequest pinned = {.required = true, .pull = "debian@" + digest};
  EXPECT_EQ((*image_identity_for(pinned, site, access, MissingImages::kObtained))->text, digest);
  EXPECT_EQ(site.obtained, 0);
  site.has_engine = false;
  EXPECT_FALSE(*image_identity_for(pinned, site, access, MissingImages::kObtained)) << "it runs without";
}

TEST(ImageIdentityTest, WhatATagMeansOnlyTheImageTells) {
  ContainerSite site;
  const ConnectorDataAccess access(site);
  const flow::ContainerRequest tagged = {.required = true, .pull = "debian:12"};
  EXPECT_EQ((*image_identity_for(tagged, site, access, MissingImages::kObtained))->text, "sha256:1");
  EXPECT_EQ(site.obtained, 1);
  EXPECT_FALSE(*image_identity_for(std::nullopt, site, access, MissingImages::kObtained));
}

}  // namespace
}  // namespace alveus::engine
