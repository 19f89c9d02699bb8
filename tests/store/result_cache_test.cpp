// SPDX-License-Identifier: Apache-2.0
#include "store/result_cache.hpp"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "store/cache_cleaning.hpp"
#include "sys/file.hpp"

namespace alveus::store {
namespace {

namespace fs = std::filesystem;
using core::Object;
using core::Value;
using std::chrono::hours;

class ResultCacheTest : public ::testing::Test {
 protected:
  std::unique_ptr<ResultCache> open(const std::string& run) {
    return *ResultCache::open({.directory = folder_.path() / "cache",
                               .run = core::RunId(run),
                               .jobs_directory = folder_.path() / "jobs",
                               .private_directory = {}});
  }
  static ResultTicket ticket(int number) {
    ResultTicket made{.key = {},
                      .identity = {.tool = digest_of(Object{{"n", 0}}),
                                   .definition = Object{{"n", 0}},
                                   .inputs = Object{{"x", number}},
                                   .environment = Object{}},
                      .job = core::JobId("/a/0"),
                      .step = core::StepPath("/a"),
                      .inputs = {}};
    made.key = key_of(made.identity);
    return made;
  }
  /// Outputs of a job: a file of that content.
  Value outputs(const std::string& text) {
    const fs::path file = folder_.path() / "jobs" / std::to_string(++file_count_) / "out.txt";
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
    return Object{{"out", Object{{"class", "File"}, {"location", "file://" + file.string()}, {"basename", "out.txt"}}}};
  }
  static fs::path place(const KeptResult& result) {
    return result.outputs.find("out")->string_or("location", "").substr(7);
  }
  static std::string text(const std::optional<KeptResult>& result) {
    return result ? sys::read_file(place(*result)).value_or("?") : "none";
  }
  CleaningReport clean(CleaningRule rule, hours later = {}) {
    return *clean_cache({.path = folder_.path() / "cache"}, rule, sys::RealClock().wall() + later);
  }

  sys::TemporaryDirectory folder_ = *sys::TemporaryDirectory::make("alveus-cache");
  int file_count_ = 0;
};

TEST_F(ResultCacheTest, FindsWhatAnotherRunKept) {
  ASSERT_TRUE(open("first")->keep(ticket(1), outputs("one"), {}));
  const auto cache = open("second");
  const auto found = *cache->find(ticket(1).key);
  EXPECT_EQ(text(found), "one");
  EXPECT_EQ(found->run.text(), "first");
  EXPECT_EQ(text(*cache->find(ticket(2).key)), "none");
}

TEST_F(ResultCacheTest, TheJobsFolderMayGo) {
  ASSERT_TRUE(open("first")->keep(ticket(1), outputs("one"), {}));
  fs::remove_all(folder_.path() / "jobs");
  EXPECT_EQ(text(*open("second")->find(ticket(1).key)), "one");
}

TEST_F(ResultCacheTest, AFileThatIsKnownElsewhereIsCopiedAndNotLinked) {
  const Value made = outputs("one");
  const fs::path file = made.find("out")->string_or("location", "").substr(7);
  fs::create_hard_link(file, folder_.path() / "of the user");
  ASSERT_TRUE(open("first")->keep(ticket(1), made, {}));
  std::ofstream(folder_.path() / "of the user", std::ios::app) << "more";
  EXPECT_EQ(text(*open("second")->find(ticket(1).key)), "one");
}

TEST_F(ResultCacheTest, TheFirstOfTwoStays) {
  const auto first = open("first");
  const auto second = open("second");
  ASSERT_TRUE(first->keep(ticket(1), outputs("one"), {}));
  ASSERT_TRUE(second->keep(ticket(1), outputs("other"), {}));
  EXPECT_EQ(text(*second->find(ticket(1).key)), "one");
}

TEST_F(ResultCacheTest, ManyThreadsKeepAndFindAtOnce) {
  const auto one = open("one");
  const auto two = open("two");
  std::vector<Value> made;
  for (int i = 0; i < 40; ++i) made.push_back(outputs(std::to_string(i % 10)));
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        ResultCache& cache = t % 2 == 0 ? *one : *two;
        for (int i = 0; i < 10; ++i) {
          EXPECT_TRUE(cache.keep(ticket(i), made.at(static_cast<std::size_t>(t * 10 + i)), {}));
          EXPECT_EQ(text(*cache.find(ticket(i).key)), std::to_string(i));
        }
      });
    }
  }
  EXPECT_TRUE(fs::is_empty(folder_.path() / "cache/making"));
}

TEST_F(ResultCacheTest, ADirectoryWithALinkToNothingIsNotKept) {
  const fs::path directory = folder_.path() / "jobs/d";
  fs::create_directories(directory);
  fs::create_symlink("nowhere", directory / "link");
  const Value made =
      Object{{"out", Object{{"class", "Directory"}, {"location", "file://" + directory.string()}, {"basename", "d"}}}};
  const auto cache = open("first");
  EXPECT_FALSE(cache->keep(ticket(1), made, {}));
  EXPECT_TRUE(fs::is_empty(folder_.path() / "cache/making"));
  EXPECT_EQ(text(*cache->find(ticket(1).key)), "none");
}

TEST_F(ResultCacheTest, AnEntryThatIsNoJsonIsDropped) {
  const auto cache = open("first");
  ASSERT_TRUE(cache->keep(ticket(1), outputs("one"), {}));
  std::ofstream(cache->folder().entry_file(ticket(1).key)) << R"({"key":)";
  EXPECT_EQ(text(*cache->find(ticket(1).key)), "none");
  EXPECT_FALSE(fs::exists(cache->folder().entry(ticket(1).key)));
}

TEST_F(ResultCacheTest, AFullDiskKeepsNothingAndSaysSo) {
  const fs::path small = folder_.path() / "small";
  fs::create_directories(small);
  if (::mount("none", small.c_str(), "tmpfs", 0, "size=256k") != 0) GTEST_SKIP() << "may not mount a small disk";
  {
    auto cache = *ResultCache::open(
        {.directory = small / "cache", .run = core::RunId("r"), .jobs_directory = {}, .private_directory = {}});
    const auto kept = cache->keep(ticket(1), outputs(std::string(1'000'000, 'x')), {});
    EXPECT_EQ(kept.error().code, core::ErrorCode::kUnavailable);
    EXPECT_TRUE(fs::is_empty(small / "cache/making"));
    EXPECT_TRUE(cache->keep(ticket(2), outputs("small"), {}));
  }
  ::umount(small.c_str());
}

TEST_F(ResultCacheTest, AFolderOfSomethingElseIsNoCache) {
  EXPECT_EQ(clean_cache({.path = folder_.path()}, {}, {}).error().code, core::ErrorCode::kNotFound);
  fs::create_directories(folder_.path() / "cache");
  std::ofstream(folder_.path() / "cache/format") << "alveus result cache, format 99\n";
  const auto opened = ResultCache::open(
      {.directory = folder_.path() / "cache", .run = core::RunId("r"), .jobs_directory = {}, .private_directory = {}});
  EXPECT_EQ(opened.error().code, core::ErrorCode::kUnsupported);
}

TEST_F(ResultCacheTest, CleaningByAgeTakesWhatWasNotUsed) {
  ASSERT_TRUE(open("first")->keep(ticket(1), outputs("one"), {}));
  EXPECT_EQ(clean({.older_than = hours(5)}, hours(4)).removed_count, 0U);
  EXPECT_EQ(clean({.older_than = hours(5), .only_looks = true}, hours(6)).removed_count, 1U);
  EXPECT_EQ(clean({.older_than = hours(5)}, hours(6)).removed_count, 1U);
  EXPECT_EQ(text(*open("second")->find(ticket(1).key)), "none");
}

TEST_F(ResultCacheTest, CleaningBySizeTakesTheLongestUnusedFirst) {
  auto first = open("first");
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(first->keep(ticket(i), outputs("12345"), {}));
  for (const int i : {0, 2, 1}) {
    const auto entry = first->folder().entry_file(ticket(i).key);
    const std::array<timespec, 2> times{timespec{.tv_sec = 1000 + i, .tv_nsec = 0}, {.tv_sec = 1000 + i, .tv_nsec = 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, entry.c_str(), times.data(), 0), 0);
  }
  const auto report = clean({.size_bytes_max = 10});
  EXPECT_EQ(report.removed_count, 1U);
  EXPECT_EQ(report.kept_bytes, 10U);
  EXPECT_EQ(text(*first->find(ticket(0).key)), "none");
  EXPECT_EQ(text(*first->find(ticket(1).key)), "12345");
}

TEST_F(ResultCacheTest, WhatARunHasTakenStaysUntilItIsOver) {
  ASSERT_TRUE(open("first")->keep(ticket(1), outputs("one"), {}));
  auto user = open("second");
  const auto found = *user->find(ticket(1).key);
  EXPECT_EQ(clean({.everything = true}).in_use_count, 1U);
  EXPECT_EQ(text(found), "one");
  user.reset();  // as if it was killed: it may be resumed
  EXPECT_EQ(clean({.everything = true}).removed_count, 0U);
  EXPECT_EQ(clean({.everything = true}, kLeaseMax + hours(1)).removed_count, 1U);
}

TEST_F(ResultCacheTest, ARunThatIsOverHoldsNothing) {
  ASSERT_TRUE(open("first")->keep(ticket(1), outputs("one"), {}));
  auto user = open("second");
  ASSERT_TRUE(*user->find(ticket(1).key));
  user->release();
  EXPECT_EQ(clean({.everything = true}).removed_count, 1U);
}

TEST_F(ResultCacheTest, CleaningRemovesWhatKilledRunsLeftAndNothingOfLivingOnes) {
  const auto living = open("living");
  fs::create_directories(folder_.path() / "cache/making/living+1-1/files");
  fs::create_directories(folder_.path() / "cache/making/killed+1-1/files");
  EXPECT_EQ(clean({}).orphan_count, 1U);
  EXPECT_TRUE(fs::exists(folder_.path() / "cache/making/living+1-1"));
  EXPECT_FALSE(fs::exists(folder_.path() / "cache/making/killed+1-1"));
}

}  // namespace
}  // namespace alveus::store
