#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every rule of tools/tidy.py, broken once and kept once."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
sys.dont_write_bytecode = True
import tidy  # noqa: E402

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
LAYERS = "core:\nsys: core\nlearn: core\n"


def found(path, body, layers=LAYERS):
    """What tidy says of a tree that holds one file."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "src").mkdir()
        (root / "src/layers.txt").write_text(layers)
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(body)
        return [what for where, _, what in tidy.breaches(root) if where == path]


class TidyTest(unittest.TestCase):
    def assert_rule(self, path, bad, good, words):
        self.assertTrue(any(words in what for what in found(path, bad)), f"no breach '{words}' in {bad!r}")
        self.assertEqual([], found(path, good))

    def test_directions_between_libraries(self):
        self.assert_rule("src/core/a.cpp", SPDX + '#include "sys/file.hpp"\n', SPDX + '#include "core/b.hpp"\n', "no arrow")
        self.assertEqual([], found("src/sys/a.cpp", SPDX + '#include "core/b.hpp"\n'))
        self.assertEqual([], found("src/core/a.cpp", SPDX + '// #include "sys/file.hpp"\n'))

    def test_third_party_headers_stay_in_their_folders(self):
        self.assert_rule("src/sys/a.cpp", SPDX + "#include <torch/torch.h>\n", SPDX + "#include <vector>\n", "LibTorch")
        self.assertEqual([], found("src/learn/a.cpp", SPDX + "#include <torch/torch.h>\n"))
        self.assertEqual([], found("src/learn/detail/a.hpp", SPDX + "#pragma once\n#include <torch/torch.h>\n"))
        self.assertTrue(found("src/learn/a.hpp", SPDX + "#pragma once\n#include <torch/torch.h>\n"))

    def test_cycles_of_libraries(self):
        self.assertIn("cycle", " ".join(found("src/layers.txt", "core: sys\nsys: core\n", layers="")))
        self.assertIn("no line", " ".join(found("src/layers.txt", "core: sys\n", layers="")))

    def test_sizes(self):
        self.assert_rule("src/core/a.cpp", SPDX + "\n" * 600, SPDX + "\n" * 599, "the limit is 600")
        body = "  x();\n"
        self.assert_rule("src/core/a.cpp", SPDX + "void f() {\n" + body * 69 + "}\n", SPDX + "void f() {\n" + body * 68 + "}\n",
                         "function of 71 lines")
        member = "class A {\n  void f(int a) const {\n" + body * 70 + "  }\n};\n"
        self.assertTrue(found("src/core/a.cpp", SPDX + member))
        self.assertEqual([], found("src/core/a.cpp", SPDX + "namespace a {\nvoid f();\n" + "void g();\n" * 80 + "}\n"))
        self.assertEqual([], found("src/core/a.cpp", SPDX + "const int table[] = {\n" + "  1,\n" * 80 + "};\n"))

    def test_headers_have_a_guard_and_files_a_licence(self):
        self.assert_rule("src/core/a.hpp", SPDX + "int x;\n", SPDX + "#pragma once\n", "#pragma once")
        self.assert_rule("src/core/a.cpp", "int x;\n", SPDX + "int x;\n", "SPDX")

    def test_names_that_say_nothing(self):
        self.assertTrue(found("src/core/string_utils.cpp", SPDX))
        self.assertEqual([], found("src/core/text.cpp", SPDX))

    def test_banned_constructs(self):
        for bad in ("using namespace std;", "void f() { throw 1; }", "auto& out = std::cout;", "std::mt19937 r;", "std::thread t;",
                    "// FIX" + "ME later", "// TODO later", "void f() { printf(\"x\"); }"):
            self.assertTrue(found("src/core/a.cpp", SPDX + bad + "\n"), bad)
        for good in ("// we never throw 1;", 'auto s = "std::cout";', "// TODO(core): mend", "int snprintf(char*);", "std::jthread t;",
                     "auto n = std::thread::hardware_concurrency();"):
            self.assertEqual([], found("src/core/a.cpp", SPDX + good + "\n"), good)

    def test_sleeps_in_tests(self):
        self.assertTrue(found("tests/core/a_test.cpp", SPDX + "void f() { std::this_thread::sleep_for(x); }\n"))
        self.assertEqual([], found("src/core/a.cpp", SPDX + "void f() { std::this_thread::sleep_for(x); }\n"))

    def test_paths_of_one_machine(self):
        self.assertTrue(found("docs/a.md", "see /wo" + "rk/main\n"))
        self.assertEqual([], found("docs/a.md", "see src/wo" + "rk/main and working/\n"))


if __name__ == "__main__":
    unittest.main()
