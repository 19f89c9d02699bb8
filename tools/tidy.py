#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Check the rules of the house that no compiler checks.

  tidy.py [ROOT]

Prints a line "path:line: what is wrong" for each breach and exits 1 when there is one.
tests/tidy/tidy_test.py holds a failing and a passing example of every rule.
"""

import re
import subprocess
import sys
from pathlib import Path

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
CODE = {".cpp", ".hpp"}
TEXT = CODE | {".py", ".md", ".txt", ".cmake", ".cwl", ".yml", ".yaml", ".json", ".css", ".js", ".sh", ""}

# Third-party headers and the folders that may include them (src/<library>/, or detail/ below it for the marked ones).
OWNED_HEADERS = [
    (re.compile(r"^(torch/|ATen/|c10/)"), {"learn", "explain", "slow"}, "LibTorch"),
    (re.compile(r"^itk|^gdcm"), {"imaging"}, "ITK"),
    (re.compile(r"^(jsapi\.h|jsfriendapi\.h|js/|mozilla/)"), {"expr"}, "SpiderMonkey"),
    (re.compile(r"^yaml-cpp/"), {"document"}, "yaml-cpp"),
    (re.compile(r"^nlohmann/"), {"core"}, "nlohmann-json"),
    (re.compile(r"^sqlite3"), {"store"}, "SQLite"),
    (re.compile(r"^openssl/"), {"core"}, "OpenSSL"),
    (re.compile(r"^zip\.h"), {"tensorfile", "report"}, "libzip"),
]
HEADER_FREE = re.compile(r"^(torch/|ATen/|c10/|itk|gdcm|jsapi|js/|yaml-cpp/|nlohmann/|sqlite3|openssl/|zip\.h)")

EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
BANNED = [
    (re.compile(r"\bFIXME\b|\bXXX\b"), "an open mend-me mark"),
    (re.compile(r"//\s*TODO(?!\([a-z]+\))"), "a TODO without its area: // TODO(area):"),
    (re.compile(r"\busing namespace\b"), "a using-directive"),
    (re.compile(r"(?<![\w:])throw\b(?!\(\))"), "a throw: failures are Results"),
    (re.compile(r"std::(cout|cerr|clog)\b"), "a stream to the terminal: only cmdline writes there"),
    (re.compile(r"std::(uniform_\w+|normal|bernoulli|discrete)_distribution|std::(mt19937|random_device)|\brand\(\)"),
     "a random source other than core::Random"),
    (re.compile(r"\bstd::thread\b(?!::)"), "std::thread: use std::jthread"),
    (re.compile(r"\brecursive_mutex\b"), "a recursive mutex"),
]
TEST_BANNED = [
    (re.compile(r"\bsleep_(for|until)\b|\busleep\(|(?<![\w.])sleep\("), "a sleep in a test"),
]
# Words about how or where the work is done, and paths of one machine. Built from pieces so that this file passes.
PRIVATE_TEXT = re.compile(
    r"(?<![\w.])/(wo" + r"rk|ro" + r"ot|fa" + r"rm)/|/\.lib" + r"rary\b|cl" + r"aude|language mo" + r"del|this ses" +
    r"sion|\bAI ag" + r"ent", re.IGNORECASE)


def strip_code(text):
    """The text with comments and the insides of literals blanked; line breaks stay."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"([^()\\ ]{0,16})\((?:.|\n)*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![\w])\'(?:\\.|[^\'\\\n])+\'', re.S)

    def blank(match):
        found = match.group(0)
        quote = '""' if found[0] in "R\"'" else ""
        return quote + "\n" * found.count("\n")

    return pattern.sub(blank, text)


def blank_comments(text):
    """The text with comments blanked and literals kept."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"([^()\\ ]{0,16})\((?:.|\n)*?\)\1"|"(?:\\.|[^"\\\n])*"', re.S)
    return pattern.sub(lambda m: m.group(0) if m.group(0)[0] in '"R' else "\n" * m.group(0).count("\n"), text)


def functions(code):
    """(first line, last line) of every function body that stands in no other function. `code` is stripped."""
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: "\n" * m.group(0).count("\n"), code, flags=re.M)
    found, stack, start, line, head = [], [], 1, 1, []
    for character in code:
        if character == "{":
            text = "".join(head).strip()
            opens_scope = re.match(r"^(inline\s+)?(namespace|extern)\b|^(typedef\s+)?(enum|union)\b", text) or (
                re.search(r"\b(class|struct)\b", text) and not re.search(r"\)\s*(const|noexcept|override|->.*)*\s*$", text))
            in_function = any(kind == "function" for kind, _ in stack)
            if opens_scope and not in_function:
                stack.append(("scope", line))
            elif "(" in text and not in_function and not re.search(r"=\s*$", text):
                stack.append(("function", start))
            else:
                stack.append(("block", line))
            head = []
        elif character == "}":
            if stack:
                kind, first = stack.pop()
                if kind == "function":
                    found.append((first, line))
            head = []
        elif character == ";":
            head = []
        else:
            if not "".join(head).strip() and not character.isspace():
                start = line
                head = []
            head.append(character)
        if character == "\n":
            line += 1
    return found


def read_layers(root):
    layers = {}
    for text in (root / "src/layers.txt").read_text().splitlines():
        match = re.match(r"^([a-z]+):(.*)$", text)
        if match:
            layers[match.group(1)] = set(match.group(2).split())
    return layers


def check_layers(layers):
    """Arrows to libraries that have no line, and cycles."""
    for library, allowed in layers.items():
        for other in sorted(allowed - layers.keys()):
            yield "src/layers.txt", 1, f"'{library}' may use '{other}', which has no line"
    state = {}

    def visit(library):
        state[library] = "open"
        for other in sorted(layers.get(library, ())):
            if state.get(other) == "open":
                return [library, other]
            if other not in state:
                cycle = visit(other)
                if cycle:
                    return [library] + cycle
        state[library] = "done"
        return None

    for library in layers:
        cycle = visit(library) if library not in state else None
        if cycle:
            yield "src/layers.txt", 1, "the libraries form a cycle: " + " -> ".join(cycle)
            return


def check_includes(path, code, layers):
    """Directions between our libraries, and third-party headers outside their folders."""
    parts = Path(path).parts
    if parts[0] not in ("src", "tests"):
        return
    library = parts[1] if len(parts) > 2 else ""
    allowed = layers.get(library, set()) | {library}
    for number, text in enumerate(code.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', text)
        if not match:
            continue
        header = match.group(1)
        first = header.split("/")[0]
        if parts[0] == "src" and "/" in header and first in layers and first not in allowed:
            yield path, number, f"'{library}' must not include '{header}': src/layers.txt has no arrow to '{first}'"
        for pattern, owners, name in OWNED_HEADERS:
            if pattern.match(header) and library not in owners:
                yield path, number, f"{name} headers stay in src/{'/, src/'.join(sorted(owners))}/"
        is_public = parts[0] == "src" and path.endswith(".hpp") and "detail" not in parts
        if is_public and HEADER_FREE.match(header):
            yield path, number, f"a public header shows third-party '{header}': keep it in a source or in detail/"


def check_code(path, text):
    lines = text.splitlines()
    if len(lines) > FILE_LINES_MAX:
        yield path, len(lines), f"{len(lines)} lines, the limit is {FILE_LINES_MAX}: split by theme"
    if not lines or "SPDX-License-Identifier: Apache-2.0" not in lines[0]:
        yield path, 1, "the first line is not the SPDX line"
    if path.endswith(".hpp") and "#pragma once" not in text:
        yield path, 1, "a header without #pragma once"
    stem = Path(path).stem
    if EMPTY_NAMES & set(stem.split("_")) or EMPTY_NAMES & set(Path(path).parts[:-1]):
        yield path, 1, "a file name that says nothing"
    code = strip_code(text)
    for first, last in functions(code):
        if last - first + 1 > FUNCTION_LINES_MAX:
            yield path, first, f"a function of {last - first + 1} lines, the limit is {FUNCTION_LINES_MAX}"
    rules = BANNED + (TEST_BANNED if path.startswith("tests/") else [])
    for number, (raw, line) in enumerate(zip(lines, code.splitlines()), 1):
        for pattern, what in rules:
            subject = raw if "TODO" in pattern.pattern or "FIXME" in pattern.pattern else line
            if pattern.search(subject):
                yield path, number, what
        if path.startswith("src/") and not path.startswith(("src/cmdline/", "src/core/check.cpp")):
            if re.search(r"(?<!\w)(?:std::)?(printf|puts|putchar)\(", line):
                yield path, number, "a print: only cmdline writes to the terminal"


def check_private_text(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        if PRIVATE_TEXT.search(line):
            yield path, number, "a machine's path, or words about how the work is done"


def tracked_files(root):
    done = subprocess.run(["git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard"],
                          capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return sorted(set(done.stdout.split("\n")) - {""})
    return sorted(str(p.relative_to(root)) for p in Path(root).rglob("*") if p.is_file() and "build" not in p.parts)


def breaches(root):
    root = Path(root)
    layers = read_layers(root)
    yield from check_layers(layers)
    for path in tracked_files(root):
        file = root / path
        if not file.is_file() or file.suffix not in TEXT or path.startswith(("tests/golden/", "fuzz/corpus/")):
            continue
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        yield from check_private_text(path, text)
        if file.suffix in CODE:
            yield from check_code(path, text)
            yield from check_includes(path, blank_comments(text), layers)


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    count = 0
    for path, line, what in breaches(root):
        print(f"{path}:{line}: {what}")
        count += 1
    print(f"tidy: {count} breaches" if count else "tidy: clean")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
