#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs workflows and checks what `alveus prov` writes of them: against the rules of the profiles (crate_rules.py), and
for the facts that must be in it.

  crate_test.py --bin FOLDER-OF-PROGRAMS
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import crate_rules  # noqa: E402

SAY = """cwlVersion: v1.2
class: CommandLineTool
doc: Says a word
baseCommand: echo
inputs:
  word: {type: string, inputBinding: {}}
  times: {type: int, default: 1}
outputs: {said: {type: stdout}}
stdout: said.txt
"""
PAIR = """cwlVersion: v1.2
class: Workflow
inputs: {word: string, notes: {type: File, secondaryFiles: [.idx]}}
outputs: {both: {type: File, outputSource: join/joined}}
steps:
  first: {run: say.cwl, in: {word: word}, out: [said]}
  join:
    in: {said: first/said, notes: notes}
    out: [joined]
    run:
      class: CommandLineTool
      baseCommand: cat
      inputs:
        said: {type: File, inputBinding: {position: 1}}
        notes: {type: File, secondaryFiles: [.idx], inputBinding: {position: 2}}
      outputs: {joined: {type: stdout}}
      stdout: joined.txt
"""
MAIN = """cwlVersion: v1.2
class: Workflow
requirements: {ScatterFeatureRequirement: {}, SubworkflowFeatureRequirement: {}, InlineJavascriptRequirement: {}}
inputs:
  words: {type: "string[]", doc: What to say}
  notes: {type: File, secondaryFiles: [.idx]}
  extra: boolean?
outputs:
  all: {type: "File[]", outputSource: pairs/both}
  count: {type: int, outputSource: count/count}
  more: {type: File?, outputSource: more/said}
steps:
  pairs: {run: parts/pair.cwl, scatter: word, in: {word: words, notes: notes}, out: [both]}
  count:
    in: {files: pairs/both}
    out: [count]
    run:
      class: ExpressionTool
      inputs: {files: "File[]"}
      outputs: {count: int}
      expression: '${return {count: inputs.files.length};}'
  more:
    when: $(inputs.extra == true)
    in: {extra: extra, word: {default: more}}
    out: [said]
    run: parts/say.cwl
"""
FAILS = """cwlVersion: v1.2
class: Workflow
requirements: {ScatterFeatureRequirement: {}}
inputs: {codes: "int[]"}
outputs: {}
steps:
  end:
    scatter: code
    in: {code: codes}
    out: []
    run:
      class: CommandLineTool
      baseCommand: [sh, -c, 'exit "$0"']
      inputs: {code: {type: int, inputBinding: {position: 1}}}
      outputs: {}
"""
WAITS = """cwlVersion: v1.2
class: CommandLineTool
baseCommand: [sh, -c, 'test -e "$0" || sleep 1000; echo done']
inputs: {gate: {type: string, inputBinding: {}}}
outputs: {said: stdout}
stdout: said.txt
"""
SECRET = """cwlVersion: v1.2
class: CommandLineTool
$namespaces: {cwltool: "http://commonwl.org/cwltool#"}
hints: {"cwltool:Secrets": {secrets: [word]}}
baseCommand: [sh, -c, 'echo "it is $0" >&2']
inputs: {word: {type: string, inputBinding: {position: 1}}}
outputs: {}
"""
INPUTS = {"words": ["a", "b"], "extra": False,
          "notes": {"class": "File", "location": "notes.txt",
                    "secondaryFiles": [{"class": "File", "location": "notes.txt.idx"}]}}


class Crates:
    def __init__(self, programs, folder):
        self.alveus = programs / "alveus"
        self.folder = folder
        self.environment = dict(os.environ, ALVEUS_STATE=str(folder / "state"))

    def alveus_says(self, *arguments, status=0):
        done = subprocess.run([self.alveus, *arguments], cwd=self.folder, env=self.environment, text=True,
                              capture_output=True, check=False)
        if done.returncode != status:
            sys.exit(f"alveus {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
        return done.stdout + done.stderr

    def run(self, document, inputs, status=0, **options):
        (self.folder / "inputs.json").write_text(json.dumps(inputs))
        flags = [f"--{key.replace('_', '-')}={value}" for key, value in options.items()]
        self.alveus_says("run", "-q", "--outdir", "out", *flags, document, "inputs.json", status=status)

    def interrupted_run(self, document, inputs):
        """Kills the controller as soon as a job is on record as running."""
        (self.folder / "inputs.json").write_text(json.dumps(inputs))
        process = subprocess.Popen([self.alveus, "run", "-q", "--outdir", "out", document, "inputs.json"],
                                   cwd=self.folder, env=self.environment)
        deadline = time.monotonic() + 60
        while not self.is_running(document) and time.monotonic() < deadline:
            time.sleep(0.01)
        was_running = self.is_running(document)
        process.kill()
        process.wait()
        expect(was_running, "the job began")

    def is_running(self, document):
        shown = json.loads(self.alveus_says("show", "last", "--json"))
        return shown["document"] == document and any(step["running"] > 0 for step in shown["steps"])

    def crate(self, name, *flags):
        self.alveus_says("prov", "last", "-o", name, *flags)
        self.check_archive(name, *flags)
        found = crate_rules.breaches_of(self.folder / name)
        for level, rule, entity, words in found:
            print(f"{name}: {level} {rule}: {entity}: {words}")
        if found:
            sys.exit(1)
        graph = json.loads((self.folder / name / "ro-crate-metadata.json").read_text())["@graph"]
        return {entity["@id"]: entity for entity in graph}


    def check_archive(self, name, *flags):
        """The same crate as a ZIP file, as Python's zipfile reads it."""
        self.alveus_says("prov", "last", "-o", f"{name}.zip", *flags)
        folder = self.folder / name
        with zipfile.ZipFile(self.folder / f"{name}.zip") as archive:
            expect(archive.testzip() is None, f"{name}.zip is whole")
            packed = {info.filename: None if info.is_dir() else archive.read(info) for info in archive.infolist()}
        lies_there = {path.relative_to(folder).as_posix() + ("/" if path.is_dir() else ""):
                      None if path.is_dir() else path.read_bytes() for path in folder.rglob("*")}
        expect("ro-crate-metadata.json" in packed, f"the root of {name}.zip is the crate")
        expect(packed == lies_there, f"{name}.zip holds what {name} does")
        expect(list(packed) == sorted(packed), f"the files in {name}.zip are sorted")


def expect(holds, words):
    if not holds:
        sys.exit(f"not so: {words}")


def of_type(crate, kind):
    return [entity for entity in crate.values() if kind in crate_rules.types(entity)]


def files_named(crate, name):
    return [entity for entity in of_type(crate, "File") if entity.get("name") == name]


def check_workflow(crates):
    crates.run("main.cwl", INPUTS)
    crate = crates.crate("whole")
    main = crate["workflow/main.cwl"]
    expect(main["step"] == [{"@id": f"workflow/main.cwl#steps/{step}"} for step in ("pairs", "count", "more")], "three steps")
    expect("File" in crate["workflow/parts/pair.cwl"]["@type"], "the inner workflow is a file of the crate")
    words = crate["workflow/main.cwl#inputs/words"]
    expect((words["additionalType"], words["multipleValues"], words["description"]) == ("Text", "True", "What to say"),
           "the parameter 'words'")
    expect(crate["workflow/parts/say.cwl#inputs/times"]["defaultValue"] == "1", "a default")
    expect(crate["workflow/main.cwl#inputs/notes"]["additionalType"] == "Collection", "a file with others beside it")
    runs = {action["name"]: action for action in of_type(crate, "CreateAction")}
    jobs = [name for name in runs if name.startswith("Run of /")]
    expect(sorted(jobs) == ["Run of /count/0", "Run of /pairs/first/0.0", "Run of /pairs/first/0.1",
                            "Run of /pairs/join/0.0", "Run of /pairs/join/0.1"], f"all jobs but the skipped one: {jobs}")
    expect(len(of_type(crate, "ControlAction")) == 1 + 4 + 1, "one ControlAction for each execution of a step")
    said = crate_rules.ids(runs["Run of /pairs/first/0.1"], "result")
    expect(said and set(said) <= set(crate_rules.ids(runs["Run of /pairs/join/0.1"], "object")),
           "what one job made the next one took")
    joined = (crates.folder / "out" / "joined.txt").read_bytes()
    entity = crate[(crates.folder / "out" / "joined.txt").as_uri()]
    expect(entity["sha1"] == hashlib.sha1(joined).hexdigest(), "the checksum of an output")
    expect(entity["contentSize"] == str(len(joined)), "the size of an output")
    expect(crate["workflow/main.cwl#inputs/words"]["@id"] in
           [value for pv in of_type(crate, "PropertyValue") for value in crate_rules.ids(pv, "exampleOfWork")],
           "the words are a value of their parameter")
    text = (crates.folder / "whole" / "ro-crate-metadata.json").read_bytes()
    crates.crate("again")
    expect((crates.folder / "whole.zip").read_bytes() == (crates.folder / "again.zip").read_bytes(),
           "the same archive twice")
    refused = crates.alveus_says("prov", "last", "-o", "again.zip", status=1)
    expect("'again.zip' is there already" in refused, "an archive is not written over")
    expect(text == (crates.folder / "again" / "ro-crate-metadata.json").read_bytes(), "the same bytes twice")


def check_data(crates):
    crate = crates.crate("data", "--with-data", "--author", "A. Person", "--orcid", "https://orcid.org/0000-0001",
                         "--license", "https://spdx.org/licenses/CC0-1.0")
    expect((crates.folder / "data" / "outputs" / "joined.txt").read_text() == "a\nnotes\n", "outputs are copied")
    expect((crates.folder / "data" / "inputs" / "notes.txt.idx").read_text() == "index\n", "inputs are copied")
    expect(crate["https://orcid.org/0000-0001"]["name"] == "A. Person", "the author")
    expect(all("agent" in action for action in of_type(crate, "CreateAction")), "who did it")
    expect(crate["./"]["license"] == {"@id": "https://spdx.org/licenses/CC0-1.0"}, "the license")


def check_failure(crates):
    crates.run("fails.cwl", {"codes": [0, 3]}, status=1, on_error="continue")
    crate = crates.crate("failed")
    failed = [action for action in of_type(crate, "CreateAction") if action["@id"].startswith("#job")
              and action["actionStatus"].endswith("FailedActionStatus")]
    expect(len(failed) == 1 and "exit code 3" in failed[0]["error"], "the job that failed, and why")
    organizer = of_type(crate, "OrganizeAction")[0]
    expect(organizer["actionStatus"].endswith("FailedActionStatus"), "the run failed")


def actions(crate):
    """CreateActions by name."""
    return {action["name"]: action for action in of_type(crate, "CreateAction")}


def check_loop(crates):
    crates.run("loop.cwl", {"start": {"class": "File", "location": "notes.txt"}, "n": 0})
    crate = crates.crate("loop")
    runs = actions(crate)
    for iteration in (0, 1, 2):
        expect(f"Run of the workflow /grow/0.{iteration}" in runs, f"the workflow of iteration {iteration}")
        expect(f"Run of /grow/next/0.{iteration}" in runs, f"the expression of iteration {iteration}")
    for earlier, later in ((0, 1), (1, 2)):
        made = set(crate_rules.ids(runs[f"Run of /grow/add/0.{earlier}"], "result"))
        taken = set(crate_rules.ids(runs[f"Run of /grow/add/0.{later}"], "object"))
        expect(made and made <= taken, f"iteration {later} takes the file that iteration {earlier} made")
    last = crate_rules.ids(runs["Run of /grow/add/0.2"], "result")
    expect(last == [(crates.folder / "out" / "grown.txt").as_uri()], "the last iteration made the output")
    execution = [action for action in of_type(crate, "ControlAction") if action["name"] == "Execution of step /grow"]
    expect(len(execution) == 1 and len(execution[0]["object"]) == 3, "the step was executed once, in three iterations")


def check_cache(crates):
    crates.run("parts/say.cwl", {"word": "cached"}, cache="cache")
    crates.run("parts/say.cwl", {"word": "cached"}, cache="cache")
    action = actions(crates.crate("cached"))["Run of /0"]
    expect("Not run: the result of /0 of run " in action["description"], "the job did not run")
    expect("resourceUsage" not in action, "so it used nothing")
    expect(crate_rules.ids(action, "result"), "but it has its output")


def check_retries(crates):
    inputs = {"need": [1, 3], "counts": str(crates.folder / "tries")}
    crates.run("tries.cwl", inputs, status=1, retries=1, retry_delay=0.01, on_error="continue")
    action = actions(crates.crate("given-up"))["Run of /try/0.1"]
    expect(action["actionStatus"].endswith("FailedActionStatus"), "the job was given up")
    expect("Attempt 2; the one before it: " in action["description"], "after two")
    expect("its command ended with exit code 75" in action["description"], "and why the first was not the last")
    crates.alveus_says("resume", "-q", "last")
    crate = crates.crate("tried-again")
    action = actions(crate)["Run of /try/0.1"]
    expect(action["actionStatus"].endswith("CompletedActionStatus"), "the third attempt was the last")
    expect("Attempt 3; the one before it: it ended with exit code 75." in action["description"],
           f"the attempt before failed: {action['description']}")
    whole = [action for action in of_type(crate, "CreateAction") if action["@id"].startswith("#run-")]
    expect("then it was resumed" in whole[0]["description"], "the run was resumed")


def check_interruption(crates):
    gate = crates.folder / "gate"
    crates.interrupted_run("waits.cwl", {"gate": str(gate)})
    action = actions(crates.crate("lost"))["Run of /0"]
    expect(action["actionStatus"].endswith("FailedActionStatus"), "what was under way came to nothing")
    expect(action["error"] == "It was interrupted." and "result" not in action, "since it was interrupted")
    gate.write_text("")
    crates.alveus_says("resume", "-q", "last")
    action = actions(crates.crate("resumed"))["Run of /0"]
    expect(action["actionStatus"].endswith("CompletedActionStatus"), "the second attempt did it")
    expect("Attempt 2; the one before it: it was interrupted." in action["description"], "and says so")


def check_tool(crates):
    crates.run("parts/say.cwl", {"word": "hello"})
    crate = crates.crate("tool")
    main = crate[crate_rules.ids(crate["./"], "mainEntity")[0]]
    expect("ComputationalWorkflow" in main["@type"], "a tool alone is a workflow of one step")
    expect(len(of_type(crate, "ControlAction")) == 1, "whose step ran")
    expect(files_named(crate, "said.txt"), "and made a file")


def check_secrets_stay_out(crates):
    crates.run("secret.cwl", {"word": "xyzzy-plugh"})
    crates.crate("secret")
    crates.alveus_says("report", "last", "-o", "secret.html", "--json", "secret.json")
    for command in (["show", "last", "--jobs"], ["show", "last", "--json"], ["logs", "last", "/"]):
        expect("xyzzy-plugh" not in crates.alveus_says(*command), f"{command} keeps the secret")
    for name in ("secret/ro-crate-metadata.json", "secret.html", "secret.json"):
        expect("xyzzy-plugh" not in (crates.folder / name).read_text(), f"{name} keeps the secret")
    expect("it is (secret-" in crates.alveus_says("logs", "last", "/"), "the log says where the secret stood")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, required=True)
    programs = parser.parse_args().bin.resolve()
    with tempfile.TemporaryDirectory(prefix="alveus-crate-") as name:
        folder = Path(name).resolve()
        (folder / "parts").mkdir()
        (folder / "main.cwl").write_text(MAIN)
        (folder / "fails.cwl").write_text(FAILS)
        (folder / "secret.cwl").write_text(SECRET)
        for document in (Path(__file__).parent / "eventful").glob("*.cwl"):
            shutil.copy(document, folder)
        (folder / "waits.cwl").write_text(WAITS)
        (folder / "parts" / "say.cwl").write_text(SAY)
        (folder / "parts" / "pair.cwl").write_text(PAIR)
        (folder / "notes.txt").write_text("notes\n")
        (folder / "notes.txt.idx").write_text("index\n")
        crates = Crates(programs, folder)
        check_workflow(crates)
        check_data(crates)
        check_failure(crates)
        check_loop(crates)
        check_cache(crates)
        check_retries(crates)
        check_interruption(crates)
        check_tool(crates)
        check_secrets_stay_out(crates)
    print("all crates keep the rules")


if __name__ == "__main__":
    main()
