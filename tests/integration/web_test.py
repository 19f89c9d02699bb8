#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Documents, input objects and files from the web: a server on the loopback that can also be slow to come, move things,
break off and refuse, and the program `alveus`.

  web_test.py ALVEUS
"""

import hashlib
import http.server
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

ALVEUS = ""

TOOL = """cwlVersion: v1.2
class: CommandLineTool
baseCommand: cat
inputs:
  file: {type: File, inputBinding: {}, secondaryFiles: ['.more?']}
  other: {type: File, inputBinding: {}, default: {class: File, location: words.txt}}
stdout: said.txt
outputs: {said: stdout}
"""
SCATTER = """cwlVersion: v1.2
class: Workflow
requirements: {ScatterFeatureRequirement: {}}
inputs: {file: File, n: 'int[]'}
outputs: {said: {type: 'File[]', outputSource: each/said}, same: {type: File, outputSource: file}}
steps:
  each:
    scatter: n
    in: {file: file, n: n}
    out: [said]
    run:
      class: CommandLineTool
      baseCommand: cat
      inputs: {file: {type: File, inputBinding: {}}, n: int}
      stdout: said.txt
      outputs: {said: stdout}
"""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    pages = {}
    requests = []
    failures = {}  # path: how many requests fail before one succeeds

    def do_GET(self):
        path = self.path.split("?")[0]
        Handler.requests.append(self.path)
        if path.startswith("/moved/"):
            self.send_response(302)
            self.send_header("Location", "/" + path.removeprefix("/moved/"))
            self.send_header("Content-Length", "0")
            return self.end_headers()
        if path == "/circle":
            self.send_response(302)
            self.send_header("Location", "/circle")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        if path == "/forbidden":
            return self.send_error(403)
        left = Handler.failures.get(path, 0)
        if left > 0:
            Handler.failures[path] = left - 1
            if path.startswith("/breaks"):
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b"only a part")
                self.close_connection = True
                return None
            return self.send_error(503)
        if path not in Handler.pages:
            return self.send_error(404)
        body = Handler.pages[path].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, *_):
        pass


class WebTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        cls.at = f"http://127.0.0.1:{cls.server.server_port}"
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def setUp(self):
        Handler.requests = []
        Handler.failures = {}
        Handler.pages = {
            "/tool.cwl": TOOL,
            "/deep/main.cwl": "{cwlVersion: v1.2, class: Workflow, inputs: {file: File}, outputs: {o: {type: File, "
                              "outputSource: s/said}}, steps: {s: {run: ../tool.cwl, in: {file: file}, out: [said]}}}",
            "/scatter.cwl": SCATTER,
            "/words.txt": "words\n",
            "/file one.txt": "one\n",
            "/file%20one.txt": "one\n",
            "/file%20one.txt.more": "more\n",
            "/breaks.txt": "whole\n",
            "/busy.txt": "busy\n",
            "/in.yml": "file: {class: File, location: words.txt}\n",
        }
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return pathlib.Path(self.folder.name) / name

    def run_alveus(self, *arguments):
        return subprocess.run([ALVEUS, "run", "--quiet", "--state", "state", "--outdir", "out", *arguments],
                              cwd=self.folder.name, capture_output=True, text=True, timeout=120)

    def inputs(self, **inputs):
        self.path("in.json").write_text(json.dumps(inputs))
        return "in.json"

    def file(self, name, **more):
        return {"class": "File", "location": f"{self.at}/{name}", **more}

    def test_documents_inputs_and_files_come_from_the_web(self):
        ran = self.run_alveus(f"{self.at}/deep/main.cwl", f"{self.at}/in.yml")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual(self.path("out/said.txt").read_text(), "words\nwords\n")
        self.assertEqual(json.loads(ran.stdout)["o"]["basename"], "said.txt")

    def test_names_and_secondary_files_are_kept(self):
        self.path("tool.cwl").write_text(TOOL.replace("default: {class: File, location: words.txt}", "")
                                         .replace("other: {type: File,", "other: {type: 'File?',")
                                         .replace("baseCommand: cat", "arguments: [sh, -c, 'ls $(inputs.file.dirname)']")
                                         .replace("inputBinding: {}, sec", "sec"))
        ran = self.run_alveus("tool.cwl", self.inputs(file=self.file("file%20one.txt?download=1")))
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual(self.path("out/said.txt").read_text(), "file one.txt\nfile one.txt.more\n")

    def test_a_file_is_fetched_once_a_run(self):
        ran = self.run_alveus(f"{self.at}/scatter.cwl", self.inputs(file=self.file("words.txt"), n=list(range(8))))
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual(Handler.requests.count("/words.txt"), 1)
        self.assertEqual(json.loads(ran.stdout)["same"]["checksum"], "sha1$" + hashlib.sha1(b"words\n").hexdigest())
        self.assertEqual(self.path("out/words.txt").read_text(), "words\n")
        self.assertEqual(list(self.path("state").rglob("words.txt")), [], "a run that is done keeps no downloads")

    def test_redirections_are_followed(self):
        ran = self.run_alveus(f"{self.at}/moved/tool.cwl", self.inputs(file=self.file("moved/words.txt"),
                                                                       other=self.file("words.txt")))
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual(self.path("out/said.txt").read_text(), "words\nwords\n")

    def test_what_breaks_or_is_busy_is_tried_again(self):
        Handler.failures = {"/breaks.txt": 1, "/busy.txt": 2}
        ran = self.run_alveus(f"{self.at}/tool.cwl", self.inputs(file=self.file("breaks.txt"),
                                                                 other=self.file("busy.txt")))
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual(self.path("out/said.txt").read_text(), "whole\nbusy\n")
        self.assertEqual(Handler.requests.count("/busy.txt"), 3)

    def assert_fails(self, ran, *words):
        self.assertEqual(ran.returncode, 1, ran.stderr)
        for word in words:
            self.assertIn(word, ran.stderr)

    def test_what_stays_broken_is_a_failure_that_names_the_url(self):
        Handler.failures = {"/breaks.txt": 9}
        self.assert_fails(self.run_alveus(f"{self.at}/tool.cwl", self.inputs(file=self.file("breaks.txt"))),
                          f"cannot fetch '{self.at}/breaks.txt'", "after 3 attempts")

    def test_what_is_not_there_is_not_tried_again(self):
        self.assert_fails(self.run_alveus(f"{self.at}/tool.cwl", self.inputs(file=self.file("absent.txt"))),
                          "input 'file'", f"cannot fetch '{self.at}/absent.txt': the server answers with status 404")
        self.assertEqual(Handler.requests.count("/absent.txt"), 1)
        self.assert_fails(self.run_alveus(f"{self.at}/absent.cwl"), "status 404")
        self.assert_fails(self.run_alveus(f"{self.at}/forbidden"), "status 403")
        self.assert_fails(self.run_alveus(f"{self.at}/circle"), "redirect")

    def test_a_missing_document_is_reported_where_it_is_asked_for(self):
        Handler.pages["/broken.cwl"] = Handler.pages["/deep/main.cwl"].replace("../tool.cwl", "absent.cwl")
        self.assert_fails(self.run_alveus(f"{self.at}/broken.cwl", self.inputs(file=self.file("words.txt"))),
                          f"{self.at}/broken.cwl:1:", "status 404", "^")

    def test_sizes_and_checksums_hold(self):
        good = "sha1$" + hashlib.sha1(b"words\n").hexdigest()
        self.assertEqual(self.run_alveus(f"{self.at}/tool.cwl", self.inputs(
            file=self.file("words.txt", checksum=good, size=6))).returncode, 0)
        self.assert_fails(self.run_alveus(f"{self.at}/tool.cwl", self.inputs(
            file=self.file("words.txt", checksum="sha1$" + "0" * 40))), "words.txt'", "checksum")
        self.assert_fails(self.run_alveus(f"{self.at}/tool.cwl", self.inputs(
            file=self.file("words.txt", basename="w", size=7))), "words.txt'", "6 bytes", "7")

    def test_a_server_that_is_not_there(self):
        self.assert_fails(self.run_alveus("http://user:hunter2@127.0.0.1:9/tool.cwl"),
                          "cannot fetch 'http://127.0.0.1:9/tool.cwl'", "connect")

    def test_a_directory_cannot_be_fetched(self):
        self.path("d.cwl").write_text("{cwlVersion: v1.2, class: CommandLineTool, baseCommand: ls, inputs: {d: Directory}, "
                                      "outputs: []}")
        self.assert_fails(self.run_alveus("d.cwl", self.inputs(d={"class": "Directory", "location": f"{self.at}/d/"})),
                          "a Directory cannot be fetched")

    def test_file_urls_stand_where_paths_do(self):
        self.path("tool.cwl").write_text(TOOL)
        self.path("words.txt").write_text("here\n")
        self.inputs(file={"class": "File", "location": self.path("words.txt").as_uri()})
        ran = self.run_alveus(self.path("tool.cwl").as_uri(), self.path("in.json").as_uri())
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual(self.path("out/said.txt").read_text(), "here\nhere\n")


if __name__ == "__main__":
    ALVEUS = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
