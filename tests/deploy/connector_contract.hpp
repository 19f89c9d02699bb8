// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/connector.hpp"

namespace alveus::deploy {

/// A connector to be held to the contract, and what it needs to live.
struct ConnectorUnderTest {
  std::shared_ptr<void> surroundings;
  std::unique_ptr<Connector> connector;
  core::RemotePath outside;  ///< an empty directory of the site outside the jobs' folders
  /// Makes a link at a path to another path, which need not exist.
  std::function<void(const core::RemotePath& path, const std::string& target)> make_link;
};

/// One way to make such a connector.
struct ConnectorKind {
  std::string name;
  std::function<ConnectorUnderTest()> make;
};

/// What every connector does with data and folders, whatever its site. Instantiated in connector_contract_test.cpp.
class ConnectorContract : public ::testing::TestWithParam<ConnectorKind> {
 protected:
  void SetUp() override {
    under_test_ = GetParam().make();
    ASSERT_NE(under_test_.connector, nullptr);
    auto folder = site().make_job_folder(core::JobId("/train/0"));
    ASSERT_TRUE(folder) << folder.error().text();
    folder_ = *folder;
  }

  Connector& site() { return *under_test_.connector; }
  static core::RemotePath below(const core::RemotePath& directory, std::string_view name) {
    return core::RemotePath(directory.text() + "/" + std::string(name));
  }
  /// A path in the job's output directory.
  core::RemotePath out(std::string_view name) const { return below(folder_.outdir, name); }
  core::RemotePath outside(std::string_view name) const { return below(under_test_.outside, name); }

  void put(const core::RemotePath& file, std::string_view contents) { ASSERT_TRUE(site().write(file, contents)); }
  std::string text(const core::RemotePath& file) {
    return site().read(file, UINT64_MAX).value_or("(nothing at " + file.text() + ")");
  }
  bool exists(const core::RemotePath& path) { return site().status(path).has_value(); }
  static core::ErrorCode code_of(const core::Status& status) {
    EXPECT_FALSE(status);
    return status ? core::ErrorCode::kInternal : status.error().code;
  }
  /// Paths of entries, relative to the output directory.
  std::vector<std::string> relative(const core::Result<std::vector<SiteEntry>>& entries) const {
    std::vector<std::string> paths;
    if (!entries) return {entries.error().text()};
    for (const auto& entry : *entries) paths.push_back(entry.path.text().substr(folder_.outdir.text().size()));
    return paths;
  }

  ConnectorUnderTest under_test_;
  JobFolder folder_;
};

using core::ErrorCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST_P(ConnectorContract, JobFoldersAreFreshAndEmpty) {
  const auto second = site().make_job_folder(core::JobId("/train/0"));
  ASSERT_TRUE(second);
  EXPECT_NE(second->root, folder_.root);
  for (const auto& part : {folder_.outdir, folder_.tmpdir, second->outdir}) {
    const auto members = site().list(part);
    ASSERT_TRUE(members) << part.text();
    EXPECT_THAT(*members, IsEmpty());
    EXPECT_EQ(part.text().find('%'), std::string::npos);
  }
  EXPECT_FALSE(exists(folder_.inputs_directory));
  EXPECT_TRUE(site().make_directory(folder_.inputs_directory));
}

TEST_P(ConnectorContract, ARetiredFolderKeepsWhatIsNotTemporary) {
  put(out("result"), "x");
  put(below(folder_.tmpdir, "scratch"), "y");
  site().retire_job_folder(folder_, JobRemains::kOutputs);
  EXPECT_EQ(text(out("result")), "x");
  EXPECT_FALSE(exists(below(folder_.tmpdir, "scratch")));
}

TEST_P(ConnectorContract, AFolderWithFilesStaysWhenNobodyNeedsThem) {
  put(out("forgotten"), "x");
  site().retire_job_folder(folder_, JobRemains::kNothing);
  EXPECT_EQ(text(out("forgotten")), "x");
}

TEST_P(ConnectorContract, FoldersAreFreshAfterOthersRetired) {
  site().retire_job_folder(folder_, JobRemains::kNothing);
  for (const char* job : {"/train/1", "/train/2"}) {
    const auto next = site().make_job_folder(core::JobId(job));
    ASSERT_TRUE(next);
    for (const auto& part : {next->outdir, next->tmpdir}) {
      const auto members = site().list(part);
      ASSERT_TRUE(members) << part.text();
      EXPECT_THAT(*members, IsEmpty());
    }
  }
}

TEST_P(ConnectorContract, LocationsComeBackAsTheSamePath) {
  for (const auto* name : {"plain", "with space", "100%", "a#b?c", "%20", "\xc3\xa9", "\xff\n", "a:b@c", "\"'\\"}) {
    const auto path = out(name);
    const auto location = site().location_of(path);
    for (const char character : location.text()) EXPECT_TRUE(character > ' ' && character < 127) << location.text();
    EXPECT_EQ(site().path_of(location), path);
  }
  const auto other = site().path_of(core::Location("gopher://elsewhere/x"));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kNotFound);
}

TEST_P(ConnectorContract, ReadsWhatWasWritten) {
  put(out("a"), "hello");
  EXPECT_EQ(text(out("a")), "hello");
  EXPECT_EQ(site().read(out("a"), 4), "hell");
  EXPECT_EQ(site().read(out("a"), 0), "");
  EXPECT_EQ(site().sha1(out("a")), "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d");
  const auto entry = site().status(out("a"));
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->name, "a");
  EXPECT_EQ(entry->size_bytes, 5U);
  EXPECT_EQ(entry->kind, EntryKind::kFile);
  EXPECT_FALSE(entry->is_executable);
}

TEST_P(ConnectorContract, SaysWhatIsMissing) {
  EXPECT_EQ(site().status(out("none")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(site().read(out("none"), 1).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(site().sha1(out("none")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(site().list(out("none")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(code_of(site().link(out("none"), out("l"))), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(site().copy(out("none"), out("c"))), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(site().move(out("none"), out("m"))), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(site().write(out("none/below"), "x")), ErrorCode::kNotFound);
  EXPECT_EQ(code_of(site().set_executable(out("none"))), ErrorCode::kNotFound);
  EXPECT_EQ(site().read(folder_.outdir, 1).error().code, ErrorCode::kInvalidInput);
}

TEST_P(ConnectorContract, ListsSortedAndLeavesOutLinksToNothing) {
  put(out("b"), "1");
  put(out("B"), "22");
  ASSERT_TRUE(site().make_directory(out("a")));
  ASSERT_TRUE(site().link(out("a"), out("linked")));
  under_test_.make_link(out("dangling"), "nowhere");
  EXPECT_EQ(site().status(out("dangling")).error().code, ErrorCode::kNotFound);
  const auto members = site().list(folder_.outdir);
  EXPECT_THAT(relative(members), ElementsAre("/B", "/a", "/b", "/linked"));
  EXPECT_EQ(members->at(0).size_bytes, 2U);
  EXPECT_EQ(members->at(1).kind, EntryKind::kDirectory);
  EXPECT_EQ(members->at(3).kind, EntryKind::kDirectory);
}

TEST_P(ConnectorContract, GlobsAsTheShellDoes) {
  ASSERT_TRUE(site().make_directory(out("sub/deep")));
  for (const auto* name :
       {"b.txt", "a.txt", "c.csv", ".hidden.txt", "[x].txt", "st*r", "sub/d.txt", "sub/deep/e.txt"}) {
    put(out(name), "x");
  }
  struct Case {
    std::string pattern;
    std::vector<std::string> found;
  };
  for (const auto& [pattern, found] : std::vector<Case>{
           {"*.txt", {"/[x].txt", "/a.txt", "/b.txt"}},
           {"?.txt", {"/a.txt", "/b.txt"}},
           {"[ab].txt", {"/a.txt", "/b.txt"}},
           {"[!a].txt", {"/b.txt"}},
           {"\\[x\\].txt", {"/[x].txt"}},
           {"st\\*r", {"/st*r"}},
           {".*.txt", {"/.hidden.txt"}},
           {"*/*.txt", {"/sub/d.txt"}},
           {"sub/*/e.txt", {"/sub/deep/e.txt"}},
           {"*/", {"/sub"}},
           {"sub", {"/sub"}},
           {"./a.txt", {"/a.txt"}},
           {".", {""}},
           {"none*", {}},
           {"a.txt/x", {}},
           {"", {}},
       }) {
    EXPECT_EQ(relative(site().glob(folder_.outdir, pattern)), found) << pattern;
  }
}

TEST_P(ConnectorContract, GlobsInDirectoriesWithStrangeNames) {
  ASSERT_TRUE(site().make_directory(out("[a]*")));
  put(out("[a]*/x"), "x");
  EXPECT_THAT(relative(site().glob(out("[a]*"), "*")), ElementsAre("/[a]*/x"));
}

TEST_P(ConnectorContract, GlobNeverLeavesItsDirectory) {
  for (const auto* pattern : {"/etc/*", "../*", "a/../../*"}) {
    const auto found = site().glob(folder_.outdir, pattern);
    ASSERT_FALSE(found) << pattern;
    EXPECT_EQ(found.error().code, ErrorCode::kInvalidInput);
  }
}

TEST_P(ConnectorContract, MakesDirectoriesWithParents) {
  EXPECT_TRUE(site().make_directory(out("x/y/z")));
  EXPECT_TRUE(site().make_directory(out("x/y/z")));
  put(out("file"), "");
  EXPECT_EQ(code_of(site().make_directory(out("file"))), ErrorCode::kInvalidInput);
}

TEST_P(ConnectorContract, WritingReplacesALinkAndSparesWhatItPointsTo) {
  put(outside("precious"), "kept");
  ASSERT_TRUE(site().link(outside("precious"), out("a")));
  put(out("a"), "new");
  EXPECT_EQ(text(out("a")), "new");
  EXPECT_EQ(text(outside("precious")), "kept");
  put(out("a"), "newer");
  EXPECT_EQ(text(out("a")), "newer");
}

TEST_P(ConnectorContract, MarksProgramsAndCopiesTheMark) {
  put(out("tool"), "#!/bin/sh\n");
  ASSERT_TRUE(site().set_executable(out("tool")));
  ASSERT_TRUE(site().copy(out("tool"), out("copy")));
  EXPECT_TRUE(site().status(out("tool"))->is_executable);
  EXPECT_TRUE(site().status(out("copy"))->is_executable);
}

TEST_P(ConnectorContract, LinksShowTheSameData) {
  put(outside("data"), "one");
  ASSERT_TRUE(site().link(outside("data"), out("first")));
  ASSERT_TRUE(site().link(out("first"), out("second")));
  EXPECT_EQ(text(out("second")), "one");
  ASSERT_TRUE(site().remove(out("first")));
  EXPECT_EQ(text(out("second")), "one");  // not a link to a link
  EXPECT_EQ(site().status(out("second"))->name, "second");
}

TEST_P(ConnectorContract, TellsTheLinksOfATreeAndWhatTheyHold) {
  ASSERT_TRUE(site().make_directory(out("d/sub")));
  ASSERT_TRUE(site().write(out("d/file"), "f"));
  under_test_.make_link(out("d/sub/up"), "../file");
  under_test_.make_link(out("d/away"), "/no/such/place");
  under_test_.make_link(out("d/folder"), "sub");
  const auto links = site().links(out("d"));
  ASSERT_TRUE(links) << links.error().text();
  std::vector<std::string> lines;
  for (const auto& link : *links) lines.push_back(link.path.text() + " " + link.target);
  EXPECT_THAT(lines, ::testing::ElementsAre(out("d/away").text() + " /no/such/place", out("d/folder").text() + " sub",
                                            out("d/sub/up").text() + " ../file"))
      << "none is followed";
  EXPECT_FALSE(site().links(out("missing")));
}

TEST_P(ConnectorContract, CopiesAreIndependentAndHoldNoLinks) {
  ASSERT_TRUE(site().make_directory(outside("tree/sub")));
  put(outside("tree/sub/a"), "original");
  put(outside("elsewhere"), "e");
  under_test_.make_link(outside("tree/link"), outside("elsewhere").text());
  under_test_.make_link(outside("tree/relative"), "sub");
  ASSERT_TRUE(site().copy(outside("tree"), out("tree")));
  put(out("tree/sub/a"), "changed");
  put(out("tree/link"), "changed");
  EXPECT_EQ(text(outside("tree/sub/a")), "original");
  EXPECT_EQ(text(outside("elsewhere")), "e");
  EXPECT_EQ(text(out("tree/relative/a")), "original");
}

TEST_P(ConnectorContract, ACopyTakesThePlaceOfWhatStandsAnywhere) {
  put(out("former"), "before");
  put(outside("data"), "half changed");
  ASSERT_TRUE(site().link(outside("data"), out("input")));
  ASSERT_TRUE(site().replace(out("former"), out("input")));
  EXPECT_EQ(text(outside("data")), "before") << "links are followed";
  EXPECT_EQ(text(out("former")), "before");
  ASSERT_TRUE(site().replace(out("former"), outside("gone")));
  EXPECT_EQ(text(outside("gone")), "before") << "what was removed comes back";
}

TEST_P(ConnectorContract, ACopyOfADirectoryReplacesAllThatIsInIt) {
  ASSERT_TRUE(site().make_directory(out("former")));
  put(out("former/a"), "before");
  ASSERT_TRUE(site().make_directory(out("data")));
  put(out("data/a"), "half changed");
  put(out("data/b"), "new");
  ASSERT_TRUE(site().replace(out("former"), out("data")));
  EXPECT_EQ(text(out("data/a")), "before");
  EXPECT_FALSE(site().status(out("data/b")));
}

TEST_P(ConnectorContract, NothingIsReplacedByLinkCopyOrMove) {
  put(out("a"), "a");
  put(out("b"), "b");
  ASSERT_TRUE(site().make_directory(out("d")));
  for (const auto* target : {"b", "d"}) {
    EXPECT_EQ(code_of(site().link(out("a"), out(target))), ErrorCode::kInvalidInput);
    EXPECT_EQ(code_of(site().copy(out("a"), out(target))), ErrorCode::kInvalidInput);
    EXPECT_EQ(code_of(site().move(out("a"), out(target))), ErrorCode::kInvalidInput);
  }
  EXPECT_EQ(text(out("b")), "b");
  EXPECT_EQ(text(out("a")), "a");
}

TEST_P(ConnectorContract, NoTreeGoesIntoItself) {
  ASSERT_TRUE(site().make_directory(out("d")));
  EXPECT_EQ(code_of(site().copy(out("d"), out("d/inner"))), ErrorCode::kInvalidInput);
  EXPECT_EQ(code_of(site().move(out("d"), out("d/inner"))), ErrorCode::kInvalidInput);
  EXPECT_TRUE(site().copy(out("d"), out("d2")));  // "d2" only begins alike
}

TEST_P(ConnectorContract, CopyEndsWhereALinkLeadsBack) {
  ASSERT_TRUE(site().make_directory(out("d/sub")));
  under_test_.make_link(out("d/sub/up"), "..");
  EXPECT_EQ(code_of(site().copy(out("d"), out("copy"))), ErrorCode::kInvalidInput);
  EXPECT_FALSE(exists(out("copy")));
}

TEST_P(ConnectorContract, MovesTreesAndWhatTheirLinksPointTo) {
  ASSERT_TRUE(site().make_directory(out("tree/sub")));
  put(out("tree/sub/a"), "a");
  put(outside("input"), "input");
  ASSERT_TRUE(site().make_directory(outside("folder")));
  put(outside("folder/member"), "m");
  ASSERT_TRUE(site().link(outside("input"), out("tree/input")));
  ASSERT_TRUE(site().link(outside("folder"), out("tree/folder")));
  ASSERT_TRUE(site().move(out("tree"), outside("moved")));
  EXPECT_FALSE(exists(out("tree")));
  EXPECT_EQ(text(outside("moved/sub/a")), "a");
  put(outside("input"), "changed");  // the moved tree does not see it
  put(outside("folder/member"), "changed");
  EXPECT_EQ(text(outside("moved/input")), "input");
  EXPECT_EQ(text(outside("moved/folder/member")), "m");
}

TEST_P(ConnectorContract, MovingALinkMovesACopyOfItsData) {
  put(outside("input"), "input");
  ASSERT_TRUE(site().link(outside("input"), out("result")));
  ASSERT_TRUE(site().move(out("result"), outside("result")));
  EXPECT_FALSE(exists(out("result")));
  EXPECT_TRUE(exists(outside("input")));
  put(outside("input"), "changed");
  EXPECT_EQ(text(outside("result")), "input");
}

TEST_P(ConnectorContract, WhatIsSelfContainedOutlivesWhatItLinkedTo) {
  put(outside("file"), "far");
  ASSERT_TRUE(site().make_directory(outside("tree")));
  put(below(outside("tree"), "member"), "away");
  ASSERT_TRUE(site().make_directory(out("d")));
  under_test_.make_link(out("d/file"), outside("file").text());
  under_test_.make_link(out("d/tree"), outside("tree").text());
  under_test_.make_link(out("alone"), outside("file").text());
  ASSERT_TRUE(site().make_self_contained(out("d")));
  ASSERT_TRUE(site().make_self_contained(out("alone")));
  put(outside("file"), "changed");
  put(below(outside("tree"), "member"), "changed");
  EXPECT_EQ(text(out("d/file")), "far");
  EXPECT_EQ(text(out("d/tree/member")), "away");
  EXPECT_EQ(text(out("alone")), "far");
  EXPECT_THAT(relative(site().list(out("d"))), ElementsAre("/d/file", "/d/tree"));
  EXPECT_EQ(code_of(site().make_self_contained(outside("file"))), ErrorCode::kDenied);
}

TEST_P(ConnectorContract, ClearsTheJobFoldersThatNobodyKeeps) {
  const auto second = site().make_job_folder(core::JobId("/train/1"));
  ASSERT_TRUE(second);
  put(below(second->outdir, "half"), "half");
  put(out("whole"), "whole");
  ASSERT_TRUE(site().clear_job_folders({folder_.root}));
  EXPECT_TRUE(exists(out("whole")));
  EXPECT_FALSE(exists(second->root));
  EXPECT_TRUE(site().make_job_folder(core::JobId("/train/1"))) << "a cleared site takes jobs";
}

TEST_P(ConnectorContract, OnlyWhatLiesInAJobFolderIsMovedOrRemoved) {
  put(outside("precious"), "kept");
  ASSERT_TRUE(site().link(under_test_.outside, out("way")));
  for (const auto& path : {outside("precious"), under_test_.outside, out("way/precious"),
                           core::RemotePath(folder_.root.text() + "/../../precious")}) {
    EXPECT_EQ(code_of(site().remove(path)), ErrorCode::kDenied) << path.text();
    EXPECT_EQ(code_of(site().move(path, out("stolen"))), ErrorCode::kDenied) << path.text();
  }
  EXPECT_EQ(text(outside("precious")), "kept");
}

TEST_P(ConnectorContract, RemovesTreesButNotWhatLinksPointTo) {
  put(outside("precious"), "kept");
  ASSERT_TRUE(site().make_directory(out("tree/sub")));
  ASSERT_TRUE(site().link(outside("precious"), out("tree/sub/link")));
  ASSERT_TRUE(site().link(under_test_.outside, out("tree/folder")));
  EXPECT_TRUE(site().remove(out("tree")));
  EXPECT_TRUE(site().remove(out("tree")));
  EXPECT_FALSE(exists(out("tree")));
  EXPECT_EQ(text(outside("precious")), "kept");
  EXPECT_TRUE(site().remove(folder_.root));
}

TEST_P(ConnectorContract, FetchesAndStoresInPieces) {
  const std::string large(300'001, 'x');
  put(out("large"), large);
  std::string fetched;
  ASSERT_TRUE(site().fetch(out("large"), [&](std::string_view piece) -> core::Status {
    fetched += piece;
    return {};
  }));
  EXPECT_EQ(fetched, large);
  ASSERT_TRUE(site().store(out("stored"), [](const Connector::TakePiece& take) -> core::Status {
    for (const auto* piece : {"a", "", "bc"}) ALVEUS_TRY(take(piece));
    return {};
  }));
  EXPECT_EQ(text(out("stored")), "abc");
}

TEST_P(ConnectorContract, AFailureOnEitherSideEndsATransfer) {
  put(out("a"), "hello");
  int taken = 0;
  const auto fetched = site().fetch(out("a"), [&](std::string_view) -> core::Status {
    ++taken;
    return core::fail(ErrorCode::kUnavailable, "no room");
  });
  EXPECT_EQ(code_of(fetched), ErrorCode::kUnavailable);
  EXPECT_EQ(taken, 1);
  put(out("c"), "before");
  for (const auto* name : {"b", "c"}) {
    const auto stored = site().store(out(name), [](const Connector::TakePiece& take) -> core::Status {
      ALVEUS_TRY(take("piece"));
      return core::fail(ErrorCode::kUnavailable, "lost");
    });
    EXPECT_EQ(code_of(stored), ErrorCode::kUnavailable);
  }
  EXPECT_FALSE(exists(out("b")));
  EXPECT_EQ(text(out("c")), "before");
  EXPECT_EQ(site().list(folder_.outdir)->size(), 2U);
}

TEST_P(ConnectorContract, NoFileTakesThePlaceOfADirectory) {
  ASSERT_TRUE(site().make_directory(out("d")));
  EXPECT_EQ(code_of(site().write(out("d"), "x")), ErrorCode::kInvalidInput);
}

}  // namespace alveus::deploy
