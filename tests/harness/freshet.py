"""A project folder with its `freshet up`, for tests that drive it from outside. FRESHET names the program."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
READY_S = 90
STOP_S = 60


def eventually(question, expected, deadline_s=60):
    """Asks until the answer is the expected one; fails with the last answer."""
    deadline = time.monotonic() + deadline_s
    while True:
        try:
            answer = question()
        except OSError as error:
            answer = error
        if answer == expected:
            return
        assert time.monotonic() < deadline, f"expected {str(expected)[:1500]}, got {str(answer)[:1500]}"
        time.sleep(0.1)


class Freshet:
    """with Freshet("telemetry") as freshet: freshet.start() … ; kills what is left of it at the end."""

    def __init__(self, template):
        self.program = os.path.abspath(os.environ.get("FRESHET", os.path.join(ROOT, "build/freshet")))
        self.base = tempfile.mkdtemp(prefix="freshet-test-")
        self.folder = os.path.join(self.base, "shop")
        self.log_path = os.path.join(self.base, "up.log")
        self.process = None
        self.addresses = {}
        subprocess.run([self.program, "init", "--template", template, self.folder], check=True, capture_output=True, timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._end_group()
        shutil.rmtree(self.base, ignore_errors=True)

    def _end_group(self):
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
            self.process.wait()

    def start(self, wait=True):
        """Starts `freshet up` and waits until everything answers, or not even that. Returns the seconds it took."""
        started = time.monotonic()
        ready = os.path.join(self.base, "ready.json")
        if os.path.exists(ready):
            os.remove(ready)
        with open(self.log_path, "a") as log:
            # The same ports at every start: producers that run on must find it again.
            arguments = [] if self.addresses else ["--ports", "free"]
            if self.addresses:
                self._pin_ports()
            self.process = subprocess.Popen([self.program, "-C", self.folder, "up", *arguments, "--ready-file", ready],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        if not wait:
            return 0.0
        while not (os.path.exists(ready) and os.path.getsize(ready)):
            assert self.process.poll() is None, f"freshet up ended with {self.process.returncode}\n{self.log_tail()}"
            assert time.monotonic() - started < READY_S, f"freshet up was not ready after {READY_S} s\n{self.log_tail()}"
            time.sleep(0.02)
        with open(ready) as file:
            self.addresses = json.load(file)
        self.engine_pid = self.addresses["engine_pid"]
        return time.monotonic() - started

    def _pin_ports(self):
        """Writes the first start's ports into freshet.yaml."""
        path = os.path.join(self.folder, "freshet.yaml")
        with open(path) as file:
            text = file.read()
        http = lambda name: self.addresses[name].split("//")[-1]
        for old, new in (("127.0.0.1:9092", self.addresses["kafka"]), ("127.0.0.1:8080", http("http")),
                         ("127.0.0.1:8123", http("clickhouse_http")), ("127.0.0.1:9000", http("clickhouse_tcp"))):
            text = text.replace(old, new)
        with open(path, "w") as file:
            file.write(text)

    def kill(self, number=signal.SIGKILL):
        """Signals the program alone, not its engine, and waits for its end."""
        self.process.send_signal(number)
        self.process.wait(STOP_S)

    def kill_engine(self):
        os.kill(self.status()["engine_pid"], signal.SIGKILL)

    @property
    def kafka(self):
        return self.addresses["kafka"]

    def run(self, *arguments, stdin=None):
        """A verb of the command line; its output. Fails unless its exit code is 0."""
        result = subprocess.run([self.program, "-C", self.folder, *arguments], input=stdin, capture_output=True, text=True, timeout=120)
        assert result.returncode == 0, f"freshet {arguments}: exit code {result.returncode}\n{result.stdout}{result.stderr}"
        return result.stdout

    def status(self):
        with urllib.request.urlopen(self.addresses["http"] + "/api/status", timeout=10) as answer:
            return json.load(answer)

    def query(self, sql, user="freshet_query", password=None):
        """Rows as lists of texts, straight from ClickHouse's HTTP port. OSError when it does not answer or refuses."""
        if password is None:
            with open(os.path.join(self.folder, "data/users.json")) as file:
                password = json.load(file)[user]
        request = urllib.request.Request(self.addresses["clickhouse_http"] + "/?database=shop", data=sql.encode(),
                                         headers={"X-ClickHouse-User": user, "X-ClickHouse-Key": password})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return [line.split("\t") for line in answer.read().decode().splitlines()]
        except urllib.error.HTTPError as error:
            raise OSError(error.read().decode(errors="replace")[:500]) from None

    def log_tail(self, lines=40):
        with open(self.log_path, errors="replace") as file:
            return "the last lines of freshet up:\n" + "".join(f"    {line}" for line in file.readlines()[-lines:])
