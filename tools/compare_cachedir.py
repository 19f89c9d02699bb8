#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which edits make `alveus run --cache` and `cwltool --cachedir` run a job again: a Markdown table.

    python3 tools/compare_cachedir.py --alveus build/engine-only/bin/alveus
"""

import argparse
import os
import pathlib
import subprocess
import tempfile

TOOL = """cwlVersion: v1.2
class: CommandLineTool
requirements:
  InlineJavascriptRequirement: {expressionLib: ["function twice(x) { return x + x; }"]}
inputs:
  word: string
  text: File
  log: string
baseCommand: [sh, -c]
arguments: ['echo x >> "$2"; echo "$0"; cat "$1"; echo three > b.txt', $(twice(inputs.word)), $(inputs.text), $(inputs.log)]
stdout: out.txt
outputs:
  out: {type: "File[]", outputBinding: {glob: "*.txt"}}
"""

EDITS = [
    ("nothing", None),
    ("a comment", ("baseCommand:", "# what runs\nbaseCommand:")),
    ("`label` and `doc`", ("inputs:", "label: a\ndoc: b\ninputs:")),
    ("an argument", ("echo three", "echo four")),
    ("`outputs`: another glob", ("*.txt", "o*.txt")),
    ("`stdout`", ("stdout: out.txt", "stdout: other.txt")),
    ("`expressionLib`, other value", ("return x + x;", "return x + x + x;")),
    ("`expressionLib`, same value", ("return x + x;", "return x.concat(x);")),
    ("`EnvVarRequirement`", ("requirements:", "requirements:\n  EnvVarRequirement: {envDef: {A: b}}")),
    ("`ResourceRequirement`", ("requirements:", "requirements:\n  ResourceRequirement: {ramMin: 300}")),
    ("`successCodes`", ("stdout:", "successCodes: [0, 7]\nstdout:")),
    ("`WorkReuse` off", ("requirements:", "requirements:\n  WorkReuse: {enableReuse: false}")),
    ("`NetworkAccess` on", ("requirements:", "requirements:\n  NetworkAccess: {networkAccess: true}")),
]


class Trial:
    def __init__(self, folder: pathlib.Path, command: list[str]):
        self.folder = folder
        self.command = command
        folder.mkdir()
        self.log = folder / "log"
        self.write_inputs("word", folder / "text.txt", "some text\n")

    def write_inputs(self, word: str, text: pathlib.Path, content: str) -> None:
        text.parent.mkdir(exist_ok=True)
        if not text.exists() or text.read_text() != content:
            text.write_text(content)
        (self.folder / "in.yml").write_text(
            f"word: {word}\ntext: {{class: File, path: {text}}}\nlog: {self.log}\n")

    def ran(self, tool: str) -> bool:
        (self.folder / "tool.cwl").write_text(tool)
        before = self.log.read_text() if self.log.exists() else ""
        environment = {name: value for name, value in os.environ.items() if name != "ALVEUS_CACHE"}
        done = subprocess.run(self.command + ["tool.cwl", "in.yml"], cwd=self.folder, env=environment, text=True,
                              capture_output=True)
        if done.returncode != 0:
            raise SystemExit(f"{self.command[0]} failed: {done.stderr}")
        return self.log.read_text() != before


def edits_of_inputs(trial: Trial):
    text = trial.folder / "text.txt"
    yield "a value", lambda: trial.write_inputs("other", text, "some text\n")
    yield "a file's time", lambda: (trial.write_inputs("word", text, "some text\n"), os.utime(text, (1, 1)))
    yield "a file's content", lambda: trial.write_inputs("word", text, "some TEXT\n")
    yield "a file's name", lambda: trial.write_inputs("word", trial.folder / "renamed.txt", "some text\n")
    yield "a file's folder", lambda: trial.write_inputs("word", trial.folder / "sub" / "text.txt", "some text\n")


def decisions(folder: pathlib.Path, command: list[str]) -> dict[str, bool]:
    found = {}
    for number, (name, edit) in enumerate(EDITS):
        trial = Trial(folder / str(number), command)
        trial.ran(TOOL)
        found[name] = trial.ran(TOOL.replace(*edit) if edit else TOOL)
    for number in range(5):
        trial = Trial(folder / f"inputs{number}", command)
        trial.ran(TOOL)
        name, change = list(edits_of_inputs(trial))[number]
        change()
        found[name] = trial.ran(TOOL)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--alveus", required=True)
    parser.add_argument("--cwltool", default="cwltool")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        for part in ("a", "c"):
            (root / part).mkdir()
        ours = decisions(root / "a", [str(pathlib.Path(options.alveus).resolve()), "run", "--quiet", "--state", "state",
                                      "--cache", "cache", "--outdir", "out"])
        theirs = decisions(root / "c", [options.cwltool, "--quiet", "--cachedir", "cache", "--outdir", "out"])
    print("| edit | Alveus | cwltool |\n|---|---|---|")
    for edit, ran in ours.items():
        print(f"| {edit} | {'runs' if ran else 'reused'} | {'runs' if theirs[edit] else 'reused'} |")


if __name__ == "__main__":
    main()
