// SPDX-License-Identifier: Apache-2.0
// Runs are killed at each change that they make, and go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <set>

#include "core/text.hpp"
#include "store/recovery.hpp"
#include "testing/alveus_program.hpp"

namespace alveus {
namespace {

namespace fs = std::filesystem;
using testing::AlveusProgram;
using ::testing::HasSubstr;

/// Every tool writes its name to a log before it does its work. There are a scatter, a workflow in a workflow, steps
/// whose condition holds and does not hold, an expression, a directory, and a literal among the outputs.
constexpr const char* kWorkflow = R"CWL(cwlVersion: v1.2
$graph:
- id: half
  class: CommandLineTool
  baseCommand: [sh, -c, 'echo "$2" >> "$0"; printf "%s of $1\n" "$2" > part.txt', ]
  inputs: {log: {type: string, inputBinding: {position: 1}}, number: {type: int, inputBinding: {position: 2}}, name: {type: string, inputBinding: {position: 3}}}
  outputs: {part: {type: File, outputBinding: {glob: part.txt}}}
- id: both
  class: Workflow
  requirements: {MultipleInputFeatureRequirement: {}, StepInputExpressionRequirement: {}}
  inputs: {log: string, number: int}
  steps:
    first: {run: '#half', in: {log: log, number: number, name: {default: first}}, out: [part]}
    second: {run: '#join', in: {log: log, files: {source: [first/part], linkMerge: merge_nested}, name: {default: second}}, out: [joined]}
  outputs: {joined: {type: File, outputSource: second/joined}}
- id: join
  class: CommandLineTool
  baseCommand: [sh, -c, 'echo "$1" >> "$0"; shift; cat "$@"']
  inputs: {log: {type: string, inputBinding: {position: 1}}, name: {type: string, inputBinding: {position: 2}}, files: {type: "File[]", inputBinding: {position: 3}}}
  stdout: joined.txt
  outputs: {joined: stdout}
- id: folder
  class: CommandLineTool
  requirements: {InlineJavascriptRequirement: {}}
  baseCommand: [sh, -c, 'echo folder >> "$0"; mkdir -p d/e; cp "$1" d/e/copy.txt; ln -s "$1" d/link.txt; ln -s e/copy.txt d/inner.txt']
  inputs: {log: {type: string, inputBinding: {position: 1}}, file: {type: File, inputBinding: {position: 2}}}
  outputs:
    folder: {type: Directory, outputBinding: {glob: d}}
    note: {type: File, outputBinding: {outputEval: '${ return {"class": "File", "basename": "note.txt", "contents": "n"}; }'}}
- id: sum
  class: ExpressionTool
  requirements: {InlineJavascriptRequirement: {}}
  inputs: {numbers: "int[]"}
  outputs: {sum: int}
  expression: '${ return {sum: inputs.numbers.reduce(function(a, b) { return a + b; }, 0)}; }'
- id: main
  class: Workflow
  requirements: {ScatterFeatureRequirement: {}, SubworkflowFeatureRequirement: {}, InlineJavascriptRequirement: {}}
  inputs: {numbers: "int[]", log: string}
  steps:
    parts: {run: '#half', scatter: number, in: {log: log, number: numbers, name: {default: part}}, out: [part]}
    inner: {run: '#both', scatter: number, in: {log: log, number: numbers}, out: [joined]}
    sum: {run: '#sum', in: {numbers: numbers}, out: [sum]}
    more: {run: '#half', when: '$(inputs.number > 1)', in: {log: log, number: sum/sum, name: {default: more}}, out: [part]}
    never: {run: '#half', when: '$(inputs.number < 0)', in: {log: log, number: sum/sum, name: {default: never}}, out: [part]}
    total: {run: '#join', in: {log: log, files: parts/part, name: {default: total}}, out: [joined]}
    folder: {run: '#folder', in: {log: log, file: total/joined}, out: [folder, note]}
  outputs:
    parts: {type: "File[]", outputSource: parts/part}
    inner: {type: "File[]", outputSource: inner/joined}
    more: {type: File?, outputSource: more/part}
    never: {type: File?, outputSource: never/part}
    total: {type: File, outputSource: total/joined}
    folder: {type: Directory, outputSource: folder/folder}
    note: {type: File, outputSource: folder/note}
    sum: {type: int, outputSource: sum/sum}
)CWL";

/// What the tools call themselves in the log, by step.
const std::map<std::string, std::string> kLogNames = {{"/parts", "part"},          {"/inner/first", "first"},
                                                      {"/inner/second", "second"}, {"/more", "more"},
                                                      {"/total", "total"},         {"/folder", "folder"}};
const std::map<std::string, int> kExecutions = {{"part", 2}, {"first", 2}, {"second", 2},
                                                {"more", 1}, {"total", 1}, {"folder", 1}};

/// One way to be killed again and again.
struct KillCase {
  std::string name;
  std::string counts;
  std::string when;
  int stride = 1;
};

class ResumeTest : public ::testing::TestWithParam<KillCase> {
 protected:
  void SetUp() override {
    program_.write("main.cwl", kWorkflow);
    program_.write("in.yml", "numbers: [3, 4]\nlog: " + program_.path("log").string() + "\n");
    program_.set_environment("LD_PRELOAD", ALVEUS_KILL_AT_CHANGE);
    program_.set_environment("ASAN_OPTIONS", "verify_asan_link_order=0");
  }

  void forget_the_last_run() {
    for (const char* name : {"state", "results", "log"}) fs::remove_all(program_.path(name));
  }
  AlveusProgram::Said run() { return program_.run({"run", "--outdir", "results", "main.cwl", "in.yml"}); }

  /// Every file of the results with its content; links as what they are.
  std::map<std::string, std::string> results() const {
    std::map<std::string, std::string> files;
    std::error_code failure;
    for (fs::recursive_directory_iterator entry(program_.path("results"), failure), end; entry != end; ++entry) {
      const std::string name = fs::relative(entry->path(), program_.path("results")).string();
      if (entry->is_symlink()) {
        files[name] = "-> " + fs::read_symlink(entry->path()).string();
      } else {
        files[name] = entry->is_directory() ? "directory" : sys::read_file(entry->path()).value_or("unreadable");
      }
    }
    return files;
  }

  std::map<std::string, int> executions() const {
    std::map<std::string, int> counts;
    for (const auto& line : core::split(program_.read("log"), '\n')) {
      if (!line.empty()) ++counts[std::string(line)];
    }
    return counts;
  }

  /// How often each tool has finished, by the journal.
  std::map<std::string, int> finished() const {
    std::map<std::string, int> counts;
    for (const auto& journal : program_.journals()) {
      const auto recovery = store::read_recovery(journal);
      if (!recovery) continue;
      for (const auto& [job, result] : recovery->finished.done) {
        const std::string step = job.text().substr(0, job.text().rfind('/'));
        if (const auto name = kLogNames.find(step); name != kLogNames.end()) ++counts[name->second];
      }
    }
    return counts;
  }

  AlveusProgram program_;
};

TEST_P(ResumeTest, GivesWhatAnUndisturbedRunGivesWhereverItIsKilled) {
  const auto undisturbed = run();
  ASSERT_EQ(undisturbed.status, 0) << undisturbed.err;
  const auto expected = results();
  ASSERT_EQ(executions(), kExecutions);
  program_.set_environment("KILL_COUNTS", GetParam().counts);
  program_.set_environment("KILL_WHEN", GetParam().when);

  int kills = 0;
  for (int number = 1;; number += GetParam().stride) {
    SCOPED_TRACE("killed " + GetParam().when + " change " + std::to_string(number));
    forget_the_last_run();
    program_.set_environment("KILL_AT", std::to_string(number));
    const auto killed = run();
    program_.set_environment("KILL_AT", "");
    if (killed.status == 0) break;  // so many changes there are not
    ASSERT_EQ(killed.status, 128 + SIGKILL) << killed.err;
    ++kills;
    ASSERT_TRUE(AlveusProgram::comes_true([&] { return program_.processes_left().empty(); }));
    const auto finished_before = finished();

    auto resumed = program_.run({"resume", "last"});
    if (resumed.err.find("start it again") != std::string::npos || resumed.err.find("no run") != std::string::npos) {
      EXPECT_TRUE(executions().empty()) << "a job ran that is not on record";
      resumed = run();
    }
    ASSERT_EQ(resumed.status, 0) << resumed.err;
    ASSERT_EQ(resumed.out, undisturbed.out);
    ASSERT_EQ(results(), expected);
    for (const auto& [name, times] : executions()) {
      ASSERT_LE(times, 2 * kExecutions.at(name) - (finished_before.contains(name) ? finished_before.at(name) : 0))
          << "a finished '" << name << "' ran again";
    }
  }
  EXPECT_GT(kills, 5);
  RecordProperty("kills", kills);
  std::printf("%d kills\n", kills);
}

// Killed after a change is nearly killed before the next: a third of them will do.
INSTANTIATE_TEST_SUITE_P(Changes, ResumeTest,
                         ::testing::Values(KillCase{"BeforeEachJournalWrite", "journal", "before"},
                                           KillCase{"AfterJournalWrites", "journal", "after", 3},
                                           KillCase{"HalfThroughJournalWrites", "journal", "half", 3},
                                           KillCase{"BeforeEachChangeOfFiles", "files", "before"},
                                           KillCase{"AfterChangesOfFiles", "files", "after", 3}),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace alveus
