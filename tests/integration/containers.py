#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The program and a real podman: images, mounts, network, cancellation, and what a killed controller leaves.

  containers.py --bin BUILD/bin [unittest arguments]

Uses a store of its own with an image made of programs of this machine, so nothing is fetched and nothing of the user's
is touched. Exits 77 (skipped), saying so, where podman is missing or starts no container here. The engines that are
not here stand in as scripts that write down how they were called.
"""

import argparse
import functools
import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import textwrap
import threading
import time
import unittest
from pathlib import Path

SKIPPED = 77
PROGRAMS = "sh cat ls id ln env sleep touch mkdir rm true echo".split()
IMAGE = "localhost/alveus-test:base"
PATIENCE_S = 60


def say(command, environment=None, **how):
    return subprocess.run(command, env=environment, check=False, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **how)


class Place:
    """A folder with a podman that keeps everything in it."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.environment = dict(os.environ)
        self.environment |= {
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(self.folder / "storage.conf"),
            "ALVEUS_STATE": str(self.folder / "state"),
        }

    def configure(self, runtime, driver):
        # Limits are named since a root without the right to raise them could start nothing; without a network of the
        # engine's own "no network" would be all there is, so the default here is the machine's.
        (self.folder / "containers.conf").write_text(textwrap.dedent(f"""\
            [containers]
            default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
            netns = "host"
            [engine]
            events_logger = "none"
            cgroup_manager = "cgroupfs"
            runtime = "{runtime}"
            [engine.runtimes]
            {runtime} = ["{shutil.which(runtime, path=os.environ['PATH'] + ':/usr/sbin:/sbin')}"]
            """))
        (self.folder / "storage.conf").write_text(textwrap.dedent(f"""\
            [storage]
            driver = "{driver}"
            graphroot = "{self.folder}/store-{driver}"
            runroot = "{self.folder}/run-{driver}"
            """))

    def podman(self, *words):
        return say(["podman", *words], self.environment)

    def make_archive(self):
        """A root file system of the programs that the tests call, and the libraries they need."""
        archive = self.folder / "rootfs.tar"
        with tarfile.open(archive, "w") as tar:
            libraries = set()
            for program in PROGRAMS:
                path = os.path.realpath(shutil.which(program, path="/usr/bin:/bin"))
                tar.add(path, f"bin/{program}")
                for word in say(["ldd", path]).stdout.split():
                    if word.startswith("/"):
                        libraries.add(word)
            for library in sorted(libraries):
                tar.add(os.path.realpath(library), library.lstrip("/"))
            marker = self.folder / "marker"
            marker.write_text("in the image\n")
            tar.add(marker, "marker")
            for name in ("tmp", "proc", "dev", "sys", "etc", "var"):
                entry = tarfile.TarInfo(name)
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(entry)
        return archive

    def prepare(self):
        """None, or why no container can be started here."""
        if not shutil.which("podman"):
            return "podman is not installed"
        archive = self.make_archive()
        reasons = []
        for driver in ("overlay", "vfs"):
            for runtime in ("runc", "crun"):
                if not shutil.which(runtime, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
                    reasons.append(f"{runtime} is not installed")
                    continue
                self.configure(runtime, driver)
                made = self.podman("import", "-q", "-c", "ENV PATH=/bin", str(archive), IMAGE)
                done = self.podman("run", "--rm", "--network=none", IMAGE, "true")
                if made.returncode == 0 and done.returncode == 0:
                    return None
                reasons.append(f"{runtime}, {driver}: {(made.stderr + done.stderr).strip()}")
        return "; ".join(reasons)


class ContainersTest(unittest.TestCase):
    place = None
    program = None

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(dir=self.place.folder, prefix="test-"))

    def tearDown(self):
        self.assertEqual(self.left(), "", "a container was left behind")

    def left(self):
        return self.place.podman("ps", "--all", "--quiet", "--filter", "label=alveus.run").stdout.strip()

    def becomes_true(self, condition):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def tool(self, image, script, kind="requirements", more="", outputs="o: stdout"):
        """A tool that runs a shell script in a container."""
        text = f"""\
            cwlVersion: v1.2
            class: CommandLineTool
            {kind}:
              DockerRequirement: {image}
            {more}
            baseCommand: [sh, -c]
            arguments: [{json.dumps(script)}]
            inputs: {{}}
            outputs: {{{outputs}}}
            stdout: o.txt
            """
        (self.folder / "tool.cwl").write_text(textwrap.dedent(text))
        return "tool.cwl"

    def command(self, *words):
        return [str(self.program), "run", "--outdir", "out", *words]

    def run_tool(self, *words, environment=None):
        return say(self.command(*words), environment or self.place.environment, cwd=self.folder)

    def output(self, done, name="o.txt"):
        self.assertEqual(done.returncode, 0, done.stderr)
        return (self.folder / "out" / name).read_text()

    BASE = "{dockerPull: " + IMAGE + "}"

    def test_a_tool_finds_its_image_its_folders_and_nothing_of_ours(self):
        tool = self.tool(self.BASE, "cat /marker; pwd; echo $HOME $TMPDIR $SECRET $PATH; id -u; ls -A /tmp")
        done = self.run_tool(tool, environment=self.place.environment | {"SECRET": "x"})
        self.assertEqual(self.output(done),
                         f"in the image\n/var/spool/cwl\n/var/spool/cwl /tmp /bin\n{os.getuid()}\n")
        self.assertEqual((self.folder / "out/o.txt").stat().st_uid, os.getuid())

    def test_the_root_file_system_cannot_be_written(self):
        done = self.run_tool(self.tool(self.BASE, "touch /new || echo refused"))
        self.assertEqual(self.output(done), "refused\n")

    def test_there_is_a_network_only_when_asked_for(self):
        script = "ls /sys/class/net"
        self.assertEqual(self.output(self.run_tool(self.tool(self.BASE, script))), "lo\n")
        shutil.rmtree(self.folder / "out")
        tool = self.tool(self.BASE, script, more="  NetworkAccess: {networkAccess: true}")
        self.assertEqual(self.output(self.run_tool(tool)).split(), sorted(os.listdir("/sys/class/net")))

    def test_paths_with_every_character(self):
        name = "a,b \"c\" 'd' $e:f\\g"
        (self.folder / name).mkdir()
        (self.folder / name / "in, put.txt").write_text("read\n")
        (self.folder / "tool.cwl").write_text(textwrap.dedent(f"""\
            cwlVersion: v1.2
            class: CommandLineTool
            requirements: {{DockerRequirement: {self.BASE}}}
            baseCommand: cat
            inputs: {{f: {{type: File, inputBinding: {{}}}}}}
            outputs: {{o: stdout}}
            stdout: o.txt
            """))
        (self.folder / "in.json").write_text(json.dumps({"f": {"class": "File", "path": f"{name}/in, put.txt"}}))
        self.assertEqual(self.output(self.run_tool("tool.cwl", "in.json")), "read\n")

    def test_the_command_may_name_its_outputs_by_the_paths_it_sees(self):
        script = ("echo data > real; ln -s /var/spool/cwl/real link; ln -s /marker away; "
                  "echo '{\"o\": {\"class\": \"File\", \"path\": \"/var/spool/cwl/link\"}}' > cwl.output.json")
        done = self.run_tool(self.tool(self.BASE, script, outputs="o: File"))
        self.assertEqual(self.output(done, "link"), "data\n")

    def test_a_link_to_what_is_only_in_the_container_is_no_output(self):
        done = self.run_tool(self.tool(self.BASE, "ln -s /etc/passwd stolen", outputs="o: {type: File, outputBinding: "
                                                                                      "{glob: stolen}}"))
        self.assertEqual(done.returncode, 1)
        self.assertFalse((self.folder / "out/stolen").exists())

    def test_exit_codes_pass(self):
        tool = self.tool(self.BASE, "exit 7", more="successCodes: [7]")
        self.assertEqual(self.run_tool(tool).returncode, 0)

    def test_an_image_that_is_not_there(self):
        done = self.run_tool(self.tool("{dockerImageId: localhost/missing}", "true"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("there is no image 'localhost/missing'", done.stderr)
        self.assertIn("tool.cwl:4:", done.stderr)

    def test_a_registry_that_does_not_answer(self):
        nowhere = "{dockerPull: localhost:1/none}"
        done = self.run_tool("--retries", "1", self.tool(nowhere, "echo $HOME"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("podman cannot get the image 'localhost:1/none'", done.stderr)
        self.assertEqual(done.stderr.count("getting the image"), 2, "a passing failure is tried again")
        done = self.run_tool(self.tool(nowhere, "echo outside", kind="hints"))
        self.assertEqual(self.output(done), "outside\n", "a hint is left out")
        self.assertIn("run without the container", done.stderr)
        done = self.run_tool("--container", "podman", self.tool(nowhere, "echo outside", kind="hints"))
        self.assertEqual(done.returncode, 1, "but not where the engine was named")

    def test_a_hint_is_honoured_where_it_can_be(self):
        self.assertEqual(self.output(self.run_tool(self.tool(self.BASE, "cat /marker", kind="hints"))),
                         "in the image\n")

    def test_a_dockerfile_is_built_once(self):
        (self.folder / "Dockerfile").write_text(f"FROM {IMAGE}\nRUN echo built > /built\n")
        tool = self.tool("{dockerFile: {$include: Dockerfile}}", "cat /built")
        first, second = self.run_tool(tool), self.run_tool(tool)
        self.assertEqual(self.output(first), "built\n")
        self.assertEqual(self.output(second), "built\n")
        self.assertIn("building the image", first.stderr)
        self.assertNotIn("building the image", second.stderr)

    def test_a_dockerfile_that_is_wrong(self):
        tool = self.tool(f'{{dockerFile: "FROM {IMAGE}\\nRUN no-such-program\\n"}}', "true")
        done = self.run_tool(tool)
        self.assertEqual(done.returncode, 1)
        self.assertIn("podman cannot build the image", done.stderr)

    def test_a_saved_image_is_loaded(self):
        self.place.podman("tag", IMAGE, "localhost/alveus-test:saved")
        saved = self.place.podman("save", "-o", str(self.folder / "saved.tar"), "localhost/alveus-test:saved")
        self.assertEqual(saved.returncode, 0, saved.stderr)
        self.place.podman("untag", IMAGE, "localhost/alveus-test:saved")
        self.assertEqual(self.output(self.run_tool(self.tool("{dockerLoad: saved.tar}", "cat /marker"))),
                         "in the image\n")

    def test_a_saved_image_is_fetched_from_the_web_and_loaded(self):
        name = "localhost/alveus-test:webbed"
        self.place.podman("tag", IMAGE, name)
        saved = self.place.podman("save", "-o", str(self.folder / "saved.tar"), name)
        self.assertEqual(saved.returncode, 0, saved.stderr)
        self.place.podman("untag", IMAGE, name)
        handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(self.folder))
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{server.server_port}"
            self.assertEqual(self.output(self.run_tool(self.tool("{dockerLoad: '" + url + "/saved.tar'}", "cat /marker"))),
                             "in the image\n")
            missing = self.run_tool(self.tool("{dockerLoad: '" + url + "/missing.tar'}", "true"))
            self.assertEqual(missing.returncode, 1)
            self.assertIn("404", missing.stderr)
            server.shutdown()

    def test_shared_memory_has_the_size_that_is_asked_for(self):
        tool = self.tool(self.BASE, "while read -r _ place _ options; do [ $place != /dev/shm ] || echo $options; done "
                                    "< /proc/mounts", more="  cwltool:ShmSize: {shmSize: 128m}")
        path = self.folder / tool
        path.write_text("$namespaces: {cwltool: 'http://commonwl.org/cwltool#'}\n" + path.read_text())
        self.assertIn("size=131072k", self.output(self.run_tool(tool)))
        path.write_text(path.read_text().replace("128m", "lots"))
        refused = self.run_tool(tool)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("shmSize must be a number of bytes", refused.stderr)

    def test_an_archive_is_imported(self):
        shutil.copy(self.place.folder / "rootfs.tar", self.folder / "root.tar")
        tool = self.tool("{dockerImport: root.tar}", "cat /marker")
        self.assertEqual(self.output(self.run_tool(tool)), "in the image\n")
        self.assertNotIn("getting the image", self.run_tool(tool).stderr, "known by its content")

    def test_a_cache_tells_results_with_and_without_the_container_apart(self):
        """Each run of the tool prints something else."""
        tool = self.tool(self.BASE, "cat /proc/sys/kernel/random/uuid", kind="hints")
        cache = ("--cache", str(self.folder / "cache"))
        first = self.output(self.run_tool(*cache, tool))
        self.assertEqual(self.output(self.run_tool(*cache, tool)), first, "the same again")
        outside = self.output(self.run_tool(*cache, "--no-container", tool))
        self.assertNotEqual(outside, first)
        self.assertEqual(self.output(self.run_tool(*cache, "--no-container", tool)), outside)
        missing = self.tool("{dockerPull: localhost:1/none}", "cat /proc/sys/kernel/random/uuid", kind="hints")
        self.assertEqual(self.output(self.run_tool(*cache, missing)), self.output(self.run_tool(*cache, missing)),
                         "known as a result without the image")

    def test_a_cache_notices_another_image_behind_the_same_name(self):
        """Each run of the tool prints something else."""
        name = "localhost/alveus-test:moving"
        tool = self.tool("{dockerPull: " + name + "}", "cat /proc/sys/kernel/random/uuid")
        cache = ("--cache", str(self.folder / "cache"))

        def plan():
            return self.run_tool("--plan", *cache, tool).stdout

        self.place.podman("tag", IMAGE, name)
        first = self.output(self.run_tool(*cache, tool))
        self.assertEqual(self.output(self.run_tool(*cache, tool)), first, "the same image")
        (self.folder / "Dockerfile").write_text(f"FROM {IMAGE}\nRUN echo newer > /newer\n")
        built = self.place.podman("build", "--tag", name, str(self.folder))
        self.assertEqual(built.returncode, 0, built.stderr)
        self.assertIn("runs: image changed: ", plan())
        second = self.output(self.run_tool(*cache, tool))
        self.assertNotEqual(second, first)
        why = say([str(self.program), "cache", "why", "last", *cache], self.place.environment, cwd=self.folder)
        self.assertRegex(why.stdout, r"image changed: [0-9a-f]{12} -> [0-9a-f]{12}\n")
        self.place.podman("tag", IMAGE, name)
        self.assertEqual(self.output(self.run_tool(*cache, tool)), first, "the first image again")
        self.place.podman("untag", IMAGE, name)
        self.assertIn(f"the image '{name}' is not on 'local' yet", plan())

    def test_a_result_of_an_image_named_by_its_digest_needs_no_image(self):
        """Each run of the tool prints something else."""
        own = "localhost/alveus-pinned"
        (self.folder / "Dockerfile").write_text(f"FROM {IMAGE}\nRUN echo own > /own\n")
        built = self.place.podman("build", "--tag", own, str(self.folder))
        self.assertEqual(built.returncode, 0, built.stderr)
        told = self.place.podman("image", "inspect", "--format", "{{.Digest}}", own)
        name = f"{own}@{told.stdout.strip()}"
        tool = self.tool("{dockerPull: '" + name + "'}", "cat /proc/sys/kernel/random/uuid")
        cache = ("--cache", str(self.folder / "cache"))
        first = self.output(self.run_tool(*cache, tool))
        self.place.podman("rmi", "--force", own)
        self.assertNotEqual(self.place.podman("image", "exists", name).returncode, 0)
        again = self.run_tool(*cache, tool)
        self.assertEqual(self.output(again), first)
        self.assertNotIn("getting the image", again.stderr)
        other = self.tool("{dockerPull: '" + name + "'}", "echo another")
        self.assertIn("getting the image", self.run_tool(*cache, other).stderr, "a job that starts needs it")

    def test_a_resumed_run_whose_containers_are_done_needs_no_image(self):
        name = "localhost/alveus-gone"
        self.place.podman("tag", IMAGE, name)
        self.tool("{dockerPull: " + name + "}", "echo made")
        allowed = self.folder / "allowed"
        (self.folder / "main.cwl").write_text(textwrap.dedent(f"""\
            cwlVersion: v1.2
            class: Workflow
            inputs: {{}}
            outputs: {{o: {{type: File, outputSource: last/o}}}}
            steps:
              first: {{run: tool.cwl, in: {{}}, out: [o]}}
              last:
                run:
                  class: CommandLineTool
                  baseCommand: [sh, -c, 'test -e {allowed} && cat "$1"', sh]
                  inputs: {{f: {{type: File, inputBinding: {{}}}}}}
                  outputs: {{o: stdout}}
                  stdout: o.txt
                in: {{f: first/o}}
                out: [o]
            """))
        for cache in ((), ("--cache", str(self.folder / "cache"))):
            self.assertEqual(self.run_tool(*cache, "main.cwl").returncode, 1)
            self.place.podman("untag", IMAGE, name)
            allowed.touch()
            resumed = say([str(self.program), "resume", "last"], self.place.environment, cwd=self.folder)
            self.assertEqual(self.output(resumed), "made\n")
            self.assertNotIn("getting the image", resumed.stderr)
            self.place.podman("tag", IMAGE, name)
            allowed.unlink()

    def test_what_a_container_used_is_measured_whatever_its_length(self):
        """The figures of the same work outside are the yardstick; a container adds the start of its program."""
        work = "i=0; while [ $i -lt 300000 ]; do i=\\$((i+1)); done"
        took = {}
        for name, flags in (("inside", ("--container", "podman")), ("outside", ("--no-container",))):
            self.output(self.run_tool(*flags, self.tool(self.BASE, work, kind="hints")))
            shown = say([str(self.program), "show", "last", "--jobs", "--json"], self.place.environment)
            took[name] = json.loads(shown.stdout)["jobs"][0]
        self.assertLess(abs(took["inside"]["cpu"] - took["outside"]["cpu"]),
                        0.5 * took["outside"]["cpu"] + 0.1, took)
        self.assertGreater(took["inside"]["memory_max_bytes"], 0)
        self.assertLess(took["inside"]["memory_max_bytes"], 32 << 20, "the client's own memory is not the job's")

    def test_memory_of_a_container_is_seen(self):
        script = "x=x; while [ \\${#x} -lt 20000000 ]; do x=$x$x; done; sleep 0.5"
        self.output(self.run_tool(self.tool(self.BASE, script)))
        shown = say([str(self.program), "show", "last", "--jobs", "--json"], self.place.environment)
        self.assertGreater(json.loads(shown.stdout)["jobs"][0]["memory_max_bytes"], 19 << 20)

    def start(self, tool):
        """A run whose container has begun."""
        process = subprocess.Popen(self.command(tool), env=self.place.environment, cwd=self.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        running = ("ps", "--quiet", "--filter", "label=alveus.run")
        self.assertTrue(self.becomes_true(lambda: self.place.podman(*running).stdout.strip()), "it does not begin")
        return process

    def test_an_interruption_ends_the_container(self):
        process = self.start(self.tool(self.BASE, "sleep 1000; echo no"))
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 130, errors)
        self.assertLess(time.monotonic() - begin, 20)
        self.assertEqual(self.left(), "")

    def test_a_killed_controller_leaves_no_container(self):
        process = self.start(self.tool(self.BASE, "sleep 1000"))
        process.kill()
        process.communicate()
        self.assertTrue(self.becomes_true(lambda: not self.left()), "it outlived its controller")

    def test_a_time_limit_ends_the_container(self):
        tool = self.tool(self.BASE, "sleep 1000", more="  ToolTimeLimit: {timelimit: 2}")
        begin = time.monotonic()
        done = self.run_tool(tool)
        self.assertEqual(done.returncode, 1)
        self.assertIn("time", done.stderr)
        self.assertLess(time.monotonic() - begin, 30)

    def stand_in(self, name, script):
        """A program of this name, alone on PATH with the machine's own but for podman."""
        own = self.folder / "bin"
        own.mkdir(exist_ok=True)
        (own / name).write_text("#!/bin/sh\n" + script)
        (own / name).chmod(0o755)
        for program in [*PROGRAMS, "mv"]:
            if not (own / program).exists():
                (own / program).symlink_to(shutil.which(program, path="/usr/bin:/bin"))
        return self.place.environment | {"PATH": str(own), "CALLS": str(self.folder / "calls")}

    RECORD = 'for word; do printf "%s\\n" "$word" >> "$CALLS"; done; echo -- >> "$CALLS"\n'

    def test_no_engine(self):
        done = self.run_tool(self.tool(self.BASE, "true"), environment=self.stand_in("other", "exit 1\n"))
        self.assertEqual(done.returncode, 33)
        self.assertIn("tool.cwl:4:", done.stderr)
        self.assertIn("podman: not installed; docker: not installed; apptainer: not installed", done.stderr)

    def test_docker_whose_daemon_is_down(self):
        environment = self.stand_in("docker", 'case $1 in --version) echo Docker version 24;; '
                                              '*) echo "Cannot connect to the Docker daemon" >&2; exit 1;; esac\n')
        done = self.run_tool(self.tool(self.BASE, "true"), environment=environment)
        self.assertEqual(done.returncode, 1)
        self.assertIn("docker: Cannot connect to the Docker daemon", done.stderr)

    def test_docker_is_called_as_it_wants(self):
        environment = self.stand_in("docker", self.RECORD + textwrap.dedent("""\
            case $1 in
              --version) echo Docker version 24;;
              info) echo '["name=seccomp"]';;
              image) echo sha256:feed;;
              run) while [ "$1" != sha256:feed ]; do shift; done; shift; exec "$@";;
            esac
            """))
        self.assertEqual(self.output(self.run_tool(self.tool(self.BASE, "echo said"), environment=environment)),
                         "said\n")
        calls = (self.folder / "calls").read_text()
        self.assertIn(f"\n--user={os.getuid()}:{os.getgid()}\n", calls)
        self.assertIn("\n--network=none\n", calls)
        self.assertIn("\n--read-only\n", calls)
        self.assertNotIn("keep-id", calls)

    def test_apptainer_is_called_as_it_wants(self):
        environment = self.stand_in("apptainer", self.RECORD + textwrap.dedent("""\
            case $1 in
              --version) echo apptainer version 1.3.0;;
              pull) : > "$2";;
              *) while [ "$1" != sh ]; do shift; done; echo "$APPTAINERENV_A"; exec "$@";;
            esac
            """))
        tool = self.tool("{dockerPull: debian}", "echo said", more="  EnvVarRequirement: {envDef: {A: 'x=1,2'}}")
        self.assertEqual(self.output(self.run_tool(tool, environment=environment)), "x=1,2\nsaid\n")
        calls = (self.folder / "calls").read_text()
        self.assertIn("\ndocker://debian\n", calls)
        self.assertIn("\n--containall\n--cleanenv\n", calls)
        self.assertIn("\n--net\n--network\nnone\n", calls)
        images = list((self.place.folder / "state/images").iterdir())
        self.assertEqual([image.suffix for image in images], [".sif"], "and no half file")
        self.run_tool(tool, environment=environment)
        self.assertEqual((self.folder / "calls").read_text().count("docker://debian"), 1, "the next run finds it")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=Path)
    args, rest = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="alveus-containers-", ignore_cleanup_errors=True) as folder:
        place = Place(folder)
        reason = place.prepare()
        if reason:
            print(f"skipped: no container can be started here: {reason}")
            return SKIPPED
        ContainersTest.place = place
        ContainersTest.program = args.bin.resolve() / "alveus"
        try:
            done = unittest.main(argv=[sys.argv[0], *rest], exit=False)
        finally:
            place.podman("system", "reset", "--force")
        return 0 if done.result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
