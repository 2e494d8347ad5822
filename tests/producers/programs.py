"""The producers of a project: how each is built, tested and run, without a download."""
import glob
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests/harness"))
DEPS = os.path.join(ROOT, "build/deps")
PYTHON = os.path.join(DEPS, "venv/bin/python3")
GO = os.path.join(DEPS, "venv/bin/go")
LANGUAGES = {
    "python": [PYTHON, "producer.py"],
    "go": ["./producer"],
    "node": ["node", "producer.js"],
    "cpp": ["build/producer"],
}
ENVIRONMENT = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "GOPROXY": "off", "GOPATH": f"{DEPS}/gopath",
               "GOCACHE": f"{DEPS}/gocache", "CMAKE_CXX_COMPILER_LAUNCHER": "ccache", "CMAKE_GENERATOR": "Ninja"}
FAST_BUILD = ["-DCMAKE_BUILD_TYPE=None", "-DCMAKE_CXX_FLAGS=-O0", "-DCMAKE_COMPILE_WARNING_AS_ERROR=ON"]
# How its unit tests say that they ran and passed; a runner that finds no test says so with exit code 0.
BUILD_AND_TEST = {
    "python": [([PYTHON, "-m", "unittest", "-v"], r"Ran ([1-9]\d*) tests")],
    "go": [([GO, "test", "-v", "."], r"--- PASS: Test"), ([GO, "build", "-o", "producer", "."], None)],
    "node": [(["node", "--test"], r"# pass [1-9]")],
    "cpp": [(["cmake", "-S", ".", "-B", "build", *FAST_BUILD], None),
            (["cmake", "--build", "build"], None), (["ctest", "--test-dir", "build", "--no-tests=error"], r"100% tests passed")],
}


def build_and_test(folder, language):
    """Everything that its README says before the first run."""
    place = os.path.join(folder, "producers", language)
    if language == "node":
        os.symlink(f"{DEPS}/node/node_modules", f"{place}/node_modules")
    environment = {**ENVIRONMENT, "CCACHE_BASEDIR": place}  # temporary folders have another name each time
    for argv, sign in BUILD_AND_TEST[language]:
        done = subprocess.run(argv, cwd=place, env=environment, capture_output=True, text=True, timeout=240)
        output = done.stdout + done.stderr
        assert done.returncode == 0, f"{language}: {argv}: exit code {done.returncode}\n{output[-3000:]}"
        assert sign is None or re.search(sign, output), f"{language}: {argv} ran no test:\n{output[-2000:]}"


def build_all(folder):
    with ThreadPoolExecutor(2) as pool:
        # The longest one first.
        list(pool.map(lambda language: build_and_test(folder, language), ["cpp", "go", "python", "node"]))


def check_versions(folder):
    """What the templates pin is what tests/clients pins and was installed."""
    def read(path):
        with open(path) as file:
            return file.read()

    producers = os.path.join(folder, "producers")
    wanted = read(f"{producers}/python/requirements.txt").split()
    clients = read(f"{ROOT}/tests/clients/python/requirements.txt").split()
    assert wanted and all(line in clients for line in wanted), wanted
    package = json.loads(read(f"{producers}/node/package.json"))
    lock = json.loads(read(f"{producers}/node/package-lock.json"))["packages"]
    installed = json.loads(read(f"{DEPS}/node/node_modules/kafkajs/package.json"))["version"]
    assert package["dependencies"] == lock[""]["dependencies"] == {"kafkajs": installed}, package
    assert lock["node_modules/kafkajs"] == json.loads(read(f"{ROOT}/tests/clients/node/package-lock.json"))["packages"]["node_modules/kafkajs"]
    modules = set(re.findall(r"\S+/\S+ v\S+", read(f"{producers}/go/go.mod")))
    assert modules and modules <= set(re.findall(r"\S+/\S+ v\S+", read(f"{ROOT}/tests/clients/go/go.mod"))), modules


class Run:
    """A producer as a process. Its delivered events go to a file, so that it never waits for a reader."""

    def __init__(self, folder, language, *arguments):
        self.language = language
        self.place = os.path.join(folder, "producers", language)
        number = len(glob.glob(f"{self.place}/*.out"))
        self.out_path, self.error_path = f"{self.place}/{number}.out", f"{self.place}/{number}.err"
        self.undelivered_path = f"{self.place}/{number}.undelivered"
        with open(self.out_path, "w") as out, open(self.error_path, "w") as errors:
            self.process = subprocess.Popen([*LANGUAGES[language], "--verbose", "--undelivered", self.undelivered_path, *map(str, arguments)],
                                            cwd=self.place, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=out, stderr=errors)

    def events(self, path=None):
        try:
            with open(path or self.out_path) as file:
                return [json.loads(line) for line in file.read().split("\n")[:-1]]
        except FileNotFoundError:
            return []

    def undelivered(self):
        return self.events(self.undelivered_path)

    def wait_for(self, count, deadline_s=30):
        """Until so many were delivered."""
        deadline = time.monotonic() + deadline_s
        while len(self.events()) < count:
            assert self.process.poll() is None, f"{self.language} ended: {self.errors()}"
            assert time.monotonic() < deadline, f"{self.language}: {len(self.events())} of {count} delivered; {self.errors()}"
            time.sleep(0.05)

    def errors(self):
        with open(self.error_path) as file:
            return file.read()[-1500:]

    def finish(self, code, timeout_s=60):
        """Its end: the exit code, and a summary that agrees with the delivery reports. What was delivered."""
        self.process.wait(timeout_s)
        assert self.process.returncode == code, f"{self.language}: exit code {self.process.returncode}: {self.errors()}"
        delivered, undelivered = self.events(), self.undelivered()
        assert f"{len(delivered)} delivered, {len(undelivered)} not delivered\n" in self.errors(), \
            f"{self.language}: {len(delivered)} and {len(undelivered)}, but: {self.errors()}"
        return delivered

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
