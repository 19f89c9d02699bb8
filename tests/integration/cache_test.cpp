// SPDX-License-Identifier: Apache-2.0
// Results across runs: what an edit makes run again, and that nobody can spoil what is kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>

#include "core/json.hpp"
#include "testing/alveus_program.hpp"

namespace alveus {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::AlveusProgram;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

/// make scatters over words; join reads what it made; tree packs that into a folder. Each job adds a line to `log`.
constexpr const char* kWorkflow = R"(cwlVersion: v1.2
class: Workflow
requirements: {ScatterFeatureRequirement: {}}
inputs: {words: "string[]", threshold: float, text: File, log: string}
outputs:
  all: {type: File, outputSource: join/out}
  folder: {type: Directory, outputSource: tree/folder}
steps:
  make:
    scatter: word
    in: {word: words, text: text, log: log}
    out: [out]
    run:
      class: CommandLineTool
      label: writes a word
      inputs: {word: string, text: File, log: string}
      baseCommand: [sh, -c]
      arguments: ['echo make >> "$2"; echo "$0"; cat "$1"', $(inputs.word), $(inputs.text), $(inputs.log)]
      stdout: out.txt
      outputs: {out: stdout}
  join:
    in: {parts: make/out, threshold: threshold, log: log}
    out: [out]
    run:
      class: CommandLineTool
      inputs: {parts: {type: "File[]", inputBinding: {position: 9}}, threshold: float, log: string}
      baseCommand: [sh, -c]
      arguments: ['echo join >> "$1"; echo $0; shift; cat "$@"', $(inputs.threshold), $(inputs.log)]
      stdout: joined.txt
      outputs: {out: stdout}
  tree:
    in: {file: join/out, log: log}
    out: [folder]
    run:
      class: CommandLineTool
      inputs: {file: File, log: string}
      baseCommand: [sh, -c]
      arguments: ['echo tree >> "$1"; mkdir -p t/sub; cp "$0" t/sub/; cp /bin/true t/run', $(inputs.file), $(inputs.log)]
      outputs: {folder: {type: Directory, outputBinding: {glob: t}}}
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

class CacheTest : public ::testing::Test {
 protected:
  CacheTest() {
    program_.write("text.txt", "some text\n");
    write_inputs("0.5");
    program_.write("main.cwl", kWorkflow);
  }

  void write_inputs(const std::string& threshold) {
    program_.write("in.yml", "words: [a, b]\nthreshold: " + threshold +
                                 "\ntext: {class: File, path: text.txt}\nlog: " + program_.path("log").string() + "\n");
  }

  /// Runs and returns the jobs that ran, sorted.
  std::vector<std::string> ran(const std::string& outdir, std::vector<std::string> more = {"--cache", "cache"}) {
    fs::remove(program_.path("log"));
    std::vector<std::string> arguments{"run", "--outdir", outdir};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.insert(arguments.end(), {"main.cwl", "in.yml"});
    said_ = program_.run(arguments);
    EXPECT_EQ(said_.status, 0) << said_.err;
    std::ifstream log(program_.path("log"));
    std::vector<std::string> lines;
    for (std::string line; std::getline(log, line);) lines.push_back(line);
    return lines;
  }

  /// What lies in an output folder: path to mode and content.
  std::map<std::string, std::string> delivered(const std::string& outdir) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(program_.path(outdir))) {
      const auto mode = static_cast<unsigned>(fs::status(entry.path()).permissions());
      const std::string path = entry.path().lexically_relative(program_.path(outdir)).string();
      files[path] = std::to_string(mode) + (entry.is_regular_file() ? program_.read(outdir + "/" + path) : "");
    }
    return files;
  }

  std::vector<fs::path> kept_files() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(program_.path("cache/entries"))) {
      if (entry.is_regular_file() && entry.path().filename() != "entry.json") files.push_back(entry.path());
    }
    return files;
  }

  /// While a run may be at work in it.
  std::size_t paths_in_cache() const {
    std::size_t count = 0;
    std::error_code gone;
    for (fs::recursive_directory_iterator entry(program_.path("cache"), gone), end; !gone && entry != end;
         entry.increment(gone)) {
      ++count;
    }
    return count;
  }

  static void overwrite(const fs::path& file, const std::string& text) {
    ::chmod(file.c_str(), 0600);
    std::ofstream(file) << text;
  }

  AlveusProgram program_;
  AlveusProgram::Said said_;
};

TEST_F(CacheTest, ASecondRunRunsNothingAndYieldsTheSame) {
  EXPECT_THAT(ran("first"), UnorderedElementsAre("make", "make", "join", "tree"));
  const auto first = core::parse_json(said_.out);
  EXPECT_THAT(ran("second"), UnorderedElementsAre());
  EXPECT_EQ(delivered("first"), delivered("second"));
  ran("plain", {});
  EXPECT_EQ(delivered("plain"), delivered("second"));
  const auto again = core::parse_json(said_.out);
  EXPECT_EQ(again->find("all")->string_or("checksum", "?"), first->find("all")->string_or("checksum", ""));
}

struct Edit {
  const char* name;
  const char* from;
  const char* to;
  std::vector<std::string> ran;
};
class CacheEditTest : public CacheTest, public ::testing::WithParamInterface<Edit> {};

TEST_P(CacheEditTest, OnlyWhatTheEditReachesRunsAgain) {
  ran("first");
  program_.write("main.cwl", replaced(kWorkflow, GetParam().from, GetParam().to));
  EXPECT_THAT(ran("cached"), ::testing::UnorderedElementsAreArray(GetParam().ran));
  ran("plain", {});
  EXPECT_EQ(delivered("cached"), delivered("plain"));
}

INSTANTIATE_TEST_SUITE_P(
    Edits, CacheEditTest,
    ::testing::Values(Edit{"Comment", "class: Workflow\n", "class: Workflow # the whole\n\n\n", {}},
                      Edit{"Label", "label: writes a word", "label: prints\n      doc: it does", {}},
                      Edit{"StepName", "  make:\n", "  make: # the first\n    label: first\n", {}},
                      Edit{"Argument", "echo \"$0\"; cat", "echo \"-$0\"; cat", {"make", "make", "join", "tree"}},
                      Edit{"SameOutput", "echo \"$0\"; cat", "true; echo \"$0\"; cat", {"make", "make"}},
                      Edit{"MiddleStep", "echo $0; shift", "echo threshold $0; shift", {"join", "tree"}},
                      Edit{"LastStep", "cp /bin/true t/run", "cp /bin/false t/run", {"tree"}},
                      Edit{"Resources",
                           "      label: writes",
                           "      requirements: {ResourceRequirement: {ramMin: 300}}\n      label: writes",
                           {}},
                      Edit{"Environment",
                           "      label: writes",
                           "      requirements: {EnvVarRequirement: {envDef: {A: b}}}\n      label: writes",
                           {"make", "make"}},
                      Edit{"ContainerHint",
                           "      label: writes",
                           "      hints: {DockerRequirement: {dockerPull: 'a:1'}}\n      label: writes",
                           {"make", "make"}},
                      Edit{"WorkReuse",
                           "      label: writes",
                           "      hints: {WorkReuse: {enableReuse: false}}\n      label: writes",
                           {"make", "make"}}),
    [](const auto& edit) { return edit.param.name; });

TEST_F(CacheTest, ARenamedStepIsReused) {
  ran("first");
  std::string renamed = replaced(kWorkflow, "  make:\n", "  write:\n");
  program_.write("main.cwl", replaced(renamed, "make/out", "write/out"));
  EXPECT_THAT(ran("second"), UnorderedElementsAre());
}

TEST_F(CacheTest, AnotherValueRunsWhatSeesIt) {
  ran("first");
  write_inputs("0.7");
  EXPECT_THAT(ran("second"), UnorderedElementsAre("join", "tree"));
}

TEST_F(CacheTest, TheContentOfAFileCountsAndNotItsPathOrTime) {
  ran("first");
  fs::rename(program_.path("text.txt"), program_.path("old"));
  program_.write("text.txt", "some text\n");
  EXPECT_THAT(ran("second"), UnorderedElementsAre());
  const auto time = fs::last_write_time(program_.path("text.txt"));
  program_.write("text.txt", "some TEXT\n");
  fs::last_write_time(program_.path("text.txt"), time);
  EXPECT_THAT(ran("third"), UnorderedElementsAre("make", "make", "join", "tree"));
}

TEST_F(CacheTest, WhoEditsDeliveredFilesDoesNotChangeTheCache) {
  ran("first");
  const auto before = delivered("first");
  for (const std::string outdir : {"first", "second"}) {
    if (outdir == "second") ran(outdir);
    EXPECT_EQ(delivered(outdir), before);
    std::ofstream(program_.path(outdir + "/joined.txt"), std::ios::app) << "edited\n";
    std::ofstream(program_.path(outdir + "/t/sub/joined.txt"), std::ios::app) << "edited\n";
    std::ofstream(program_.path(outdir + "/t/new")) << "new\n";
  }
  EXPECT_THAT(ran("third"), UnorderedElementsAre());
  EXPECT_EQ(delivered("third"), before);
}

TEST_F(CacheTest, DamagedFilesAreNoticedAndTheirJobsRunAgain) {
  ran("first");
  for (const auto& file : kept_files()) overwrite(file, std::string(fs::file_size(file), 'x'));
  EXPECT_THAT(ran("second"), UnorderedElementsAre("make", "make", "join", "tree"));
  EXPECT_EQ(delivered("first"), delivered("second"));
  EXPECT_THAT(ran("third"), UnorderedElementsAre());
}

TEST_F(CacheTest, MissingFilesAreNoticedToo) {
  ran("first");
  for (const auto& file : kept_files()) {
    ::chmod(file.parent_path().c_str(), 0700);
    fs::remove(file);
  }
  EXPECT_THAT(ran("second"), UnorderedElementsAre("make", "make", "join", "tree"));
  EXPECT_EQ(delivered("first"), delivered("second"));
}

TEST_F(CacheTest, AJobThatChangesItsInputInPlaceDoesNotChangeTheCache) {
  program_.write("main.cwl", R"(cwlVersion: v1.2
class: Workflow
inputs: {words: Any, threshold: Any, text: Any, log: string}
outputs: {out: {type: File, outputSource: change/out}}
steps:
  make:
    in: {log: log}
    out: [out]
    run:
      class: CommandLineTool
      inputs: {log: string}
      baseCommand: [sh, -c, 'echo make >> "$0"; echo one > file.txt']
      arguments: [$(inputs.log)]
      outputs: {out: {type: File, outputBinding: {glob: file.txt}}}
  change:
    in: {file: make/out, log: log}
    out: [out]
    run:
      class: CommandLineTool
      requirements:
        InplaceUpdateRequirement: {inplaceUpdate: true}
        InitialWorkDirRequirement: {listing: [{entry: $(inputs.file), writable: true}]}
      inputs: {file: File, log: string}
      baseCommand: [sh, -c, 'echo change >> "$0"; echo two >> file.txt']
      arguments: [$(inputs.log)]
      outputs: {out: {type: File, outputBinding: {glob: file.txt}}}
)");
  EXPECT_THAT(ran("first"), UnorderedElementsAre("make", "change"));
  EXPECT_EQ(program_.read("first/file.txt"), "one\ntwo\n");
  for (const char* outdir : {"second", "third"}) {
    EXPECT_THAT(ran(outdir), UnorderedElementsAre("change"));
    EXPECT_EQ(program_.read(std::string(outdir) + "/file.txt"), "one\ntwo\n");
  }
}

TEST_F(CacheTest, AFailedJobIsNotKept) {
  program_.write("fail.cwl",
                 "cwlVersion: v1.2\nclass: CommandLineTool\ninputs: {}\noutputs: {}\nbaseCommand: 'false'\n");
  for (int run = 0; run < 2; ++run) EXPECT_EQ(program_.run({"run", "--cache", "cache", "fail.cwl"}).status, 1);
}

TEST_F(CacheTest, ACacheThatTakesNothingDoesNotFailTheRun) {
  ran("first");
  fs::remove_all(program_.path("cache/making"));
  program_.write("cache/making", "in the way");
  write_inputs("0.7");
  EXPECT_THAT(ran("second"), UnorderedElementsAre("join", "tree"));
  EXPECT_THAT(said_.err, HasSubstr("its result is not kept in the cache"));
}

TEST_F(CacheTest, TheEnvironmentMayNameTheCacheAndAFlagTurnsItOff) {
  program_.set_environment("ALVEUS_CACHE", program_.path("cache").string());
  ran("first", {});
  EXPECT_THAT(ran("second", {}), UnorderedElementsAre());
  EXPECT_THAT(ran("third", {"--no-cache"}), UnorderedElementsAre("make", "make", "join", "tree"));
}

TEST_F(CacheTest, APlanSaysWhatRunsAndStartsNothing) {
  const auto plan = [&] {
    fs::remove(program_.path("log"));
    const auto said = program_.run({"run", "--plan", "--cache", "cache", "main.cwl", "in.yml"});
    EXPECT_EQ(said.status, 0) << said.err;
    EXPECT_FALSE(fs::exists(program_.path("log")));
    return said.out;
  };
  EXPECT_THAT(plan(), HasSubstr("2 jobs run, 0 are reused; 2 steps depend on what these yield"));
  EXPECT_FALSE(fs::exists(program_.path("cache")));
  ran("first");
  EXPECT_THAT(plan(), HasSubstr("0 jobs run, 4 are reused"));
  write_inputs("0.7");
  EXPECT_THAT(plan(), AllOf(HasSubstr("runs: input 'threshold': 0.5 -> 0.7"), HasSubstr("after /join"),
                            HasSubstr("1 jobs run, 2 are reused")));
  program_.write("main.cwl", replaced(kWorkflow, "echo make", "true; echo make"));
  EXPECT_THAT(plan(), HasSubstr("2 run: arguments[0]"));
}

TEST_F(CacheTest, APlanIsWhatARunThenDoes) {
  ran("first");
  program_.write("main.cwl", replaced(kWorkflow, "cp /bin/true t/run", "cp /bin/false t/run"));
  const auto said = program_.run({"run", "--plan", "--json", "--cache", "cache", "main.cwl", "in.yml"});
  const auto plan = core::parse_json(said.out);
  ASSERT_TRUE(plan) << said.out;
  std::vector<std::string> planned;
  for (const auto& step : plan->find("steps")->as_array()) {
    for (std::int64_t i = 0; i < step.find("runs")->as_integer(); ++i) {
      planned.push_back(step.string_or("step", "").substr(1));
    }
  }
  EXPECT_THAT(ran("second"), ::testing::UnorderedElementsAreArray(planned));
}

TEST_F(CacheTest, APlanShowsWhatIsSureToFail) {
  program_.write("main.cwl", replaced(kWorkflow, "$(inputs.word), $(inputs.text)", "$(inputs.wrod), $(inputs.text)"));
  const auto said = program_.run({"run", "--plan", "main.cwl", "in.yml"});
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.out + said.err, HasSubstr("wrod"));
}

TEST_F(CacheTest, WhyNamesWhatDiffers) {
  ran("first");
  write_inputs("0.7");
  ran("second");
  const std::string run = said_.err.substr(4, said_.err.find(',') - 4);  // "run ID, journal and jobs in …"
  const auto why = program_.run({"cache", "why", "--cache", "cache", run});
  EXPECT_EQ(why.status, 0) << why.err;
  EXPECT_THAT(why.out, AllOf(HasSubstr("/make/0.1  reused"), HasSubstr("input 'threshold': 0.5 -> 0.7"),
                             HasSubstr("input 'file': content of joined.txt differs")));
  const auto one = program_.run({"cache", "why", "--cache", "cache", run, "join", "--json"});
  const auto list = core::parse_json(one.out);
  ASSERT_TRUE(list) << one.out << one.err;
  ASSERT_EQ(list->as_array().size(), 1U);
  EXPECT_EQ(list->as_array()[0].string_or("verdict", ""), "ran");
  EXPECT_EQ(program_.run({"cache", "why", "--cache", "cache", run, "jion"}).status, 1);
}

TEST_F(CacheTest, ListsAndCleans) {
  ran("first");
  const auto listed = core::parse_json(program_.run({"cache", "ls", "--cache", "cache", "--json"}).out);
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->as_array().size(), 4U);
  EXPECT_THAT(program_.run({"cache", "gc", "--cache", "cache", "--all", "--dry-run"}).out, HasSubstr("would remove 4"));
  EXPECT_THAT(program_.run({"cache", "gc", "--cache", "cache", "--all"}).out, HasSubstr("removed 4 results"));
  EXPECT_THAT(ran("second"), UnorderedElementsAre("make", "make", "join", "tree"));
  EXPECT_EQ(program_.run({"cache", "gc", "--cache", "cache", "--max-size", "many"}).status, 2);
  EXPECT_THAT(program_.run({"cache", "ls", "--cache", "none"}).err, HasSubstr("there is no cache"));
}

TEST_F(CacheTest, TwoRunsMayUseItAtOnce) {
  program_.start({"run", "--cache", "cache", "--outdir", "one", "main.cwl", "in.yml"});
  AlveusProgram other;
  const auto said =
      other.run({"run", "--cache", program_.path("cache").string(), "--outdir", program_.path("two").string(),
                 program_.path("main.cwl").string(), program_.path("in.yml").string()});
  EXPECT_EQ(said.status, 0) << said.err;
  EXPECT_EQ(program_.wait().status, 0);
  EXPECT_EQ(delivered("one"), delivered("two"));
  EXPECT_THAT(ran("three"), UnorderedElementsAre());
  EXPECT_EQ(delivered("one"), delivered("three"));
}

TEST_F(CacheTest, KilledAtAnyMomentLeavesNothingHalfWritten) {
  ran("plain", {});
  const auto expected = delivered("plain");
  // The cache of a whole run has some forty files and folders: the kill meets it when it has `count` of them.
  for (std::size_t count = 2; count <= 34; count += 4) {
    fs::remove_all(program_.path("cache"));
    const std::string outdir = std::to_string(count);
    program_.start({"run", "--cache", "cache", "--outdir", "killed" + outdir, "main.cwl", "in.yml"});
    EXPECT_TRUE(AlveusProgram::comes_true([&] { return paths_in_cache() >= count; })) << count;
    program_.signal(SIGKILL);
    program_.wait();
    ran("after" + outdir);
    EXPECT_EQ(delivered("after" + outdir), expected) << count;
    EXPECT_THAT(ran("again" + outdir), UnorderedElementsAre()) << count;
  }
}

}  // namespace
}  // namespace alveus
