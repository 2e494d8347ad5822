"""One text test's project folder and its `freshet up`."""
import json
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

from script import TestFailed, explain, matches

COMMAND_S = 60      # one command
READY_S = 90        # freshet up, on a loaded machine
STOP_S = 60
EVENTUALLY_S = 45   # an `eventually` that is still wrong then has failed


class Session:
    def __init__(self, program):
        self.program = program
        self.base = tempfile.mkdtemp(prefix="freshet-text-")
        self.folder = self.base  # the project's, once there is one: every command runs in it
        self.up_process = None
        self.up_log = os.path.join(self.base, "up.log")
        self.groups = []  # process groups that were started here

    def close(self):
        for group in self.groups:
            try:
                os.killpg(group, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        if self.up_process:
            self.up_process.wait()
        shutil.rmtree(self.base, ignore_errors=True)

    def log_tail(self):
        if not os.path.exists(self.up_log):
            return ""
        with open(self.up_log, errors="replace") as file:
            return "  the last lines of freshet up:\n" + "".join(f"    {line}" for line in file.readlines()[-30:])

    def run(self, statement):
        names = {"$": "shell", "up": "up", "kill-engine": "kill_engine"}
        getattr(self, "do_" + names.get(statement.verb, statement.verb))(statement)

    # Files of the project.

    def do_project(self, statement):
        name = statement.rest or "telemetry"
        folder = os.path.join(self.base, "shop")
        if name == "empty":
            os.makedirs(folder)
        else:
            self.check_run([self.program, "init", "--template", name, folder])
        self.folder = folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def do_file(self, statement):
        os.makedirs(os.path.dirname(self.path(statement.rest)), exist_ok=True)
        with open(self.path(statement.rest), "w") as file:
            file.write(statement.body or "")

    def do_append(self, statement):
        with open(self.path(statement.rest), "a") as file:
            file.write(statement.body or "")

    def do_replace(self, statement):
        name, old, new = shlex.split(statement.rest)
        with open(self.path(name)) as file:
            text = file.read()
        if old not in text:
            raise TestFailed(f"  {name} does not contain '{old}'")
        with open(self.path(name), "w") as file:
            file.write(text.replace(old, new))

    def do_remove(self, statement):
        os.remove(self.path(statement.rest))

    # The program.

    def environment(self):
        return {**os.environ, "LC_ALL": "C.UTF-8", "PATH": os.path.dirname(self.program) + ":" + os.environ["PATH"]}

    def check_run(self, argv, stdin=None):
        code, lines = self.execute(argv, stdin)
        if code != 0:
            raise TestFailed(f"  {' '.join(argv)}: exit code {code}\n" + "\n".join(f"    {line}" for line in lines))
        return lines

    def execute(self, argv, stdin=None):
        process = subprocess.Popen(argv, cwd=self.folder, env=self.environment(), start_new_session=True,
                                   stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.groups.append(process.pid)
        try:
            output, _ = process.communicate(stdin.encode() if stdin is not None else None, timeout=COMMAND_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            raise TestFailed(f"  {' '.join(argv)}: not finished after {COMMAND_S} s\n{output.decode(errors='replace')}")
        return process.returncode, output.decode(errors="replace").splitlines()

    def do_up(self, statement):
        if statement.rest == "fails":
            code, lines = self.execute([self.program, "up", "--ports", "free"])
            if code == 0 or not matches(statement.expected, lines):
                statement.exit_code = statement.exit_code or 1
                raise TestFailed(explain(statement, code, lines))
            return
        ready = os.path.join(self.base, "ready.json")
        if os.path.exists(ready):
            os.remove(ready)
        with open(self.up_log, "a") as log:
            self.up_process = subprocess.Popen([self.program, "up", "--ports", "free", "--ready-file", ready], cwd=self.folder,
                                               env=self.environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                               start_new_session=True)
        self.groups.append(self.up_process.pid)
        deadline = time.monotonic() + READY_S
        while not (os.path.exists(ready) and os.path.getsize(ready)):
            if self.up_process.poll() is not None:
                raise TestFailed(f"  freshet up ended with exit code {self.up_process.returncode}")
            if time.monotonic() > deadline:
                raise TestFailed(f"  freshet up was not ready after {READY_S} s")
            time.sleep(0.05)
        with open(ready) as file:
            self.ready = json.load(file)

    def do_stop(self, statement):
        self.end_up(signal.SIGINT)
        if self.up_process.returncode != statement.exit_code:
            raise TestFailed(f"  freshet up ended with {self.up_process.returncode} after Ctrl-C, expected {statement.exit_code}")

    def do_kill(self, _):
        self.end_up(signal.SIGKILL)

    def do_kill_engine(self, _):
        lines = self.check_run([self.program, "--json", "status"])
        os.kill(json.loads("\n".join(lines))["engine_pid"], signal.SIGKILL)

    def end_up(self, number):
        if not self.up_process:
            raise TestFailed("  freshet up was not started")
        self.up_process.send_signal(number)
        try:
            self.up_process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            raise TestFailed(f"  freshet up did not end within {STOP_S} s") from None

    # What is asked and expected.

    def do_produce(self, statement):
        self.check_run([self.program, "produce", *shlex.split(statement.rest)], statement.body or "")

    def do_sql(self, statement):
        argv = [self.program, "sql", statement.body if statement.body is not None else statement.rest]
        self.expect(statement, lambda: self.execute(argv), columns=True)

    def do_shell(self, statement):
        self.expect(statement, lambda: self.execute(["bash", "-c", statement.rest], statement.body))

    def expect(self, statement, command, columns=False):
        deadline = time.monotonic() + EVENTUALLY_S
        while True:
            code, lines = command()
            lines = [line.replace(self.folder, "DIR") for line in lines]
            if columns:
                lines = [line.replace("\t", " | ") for line in lines]
            lines = [line.rstrip() for line in lines]
            if code == statement.exit_code and matches(statement.expected, lines):
                return
            if not statement.eventually or time.monotonic() > deadline:
                raise TestFailed(explain(statement, code, lines))
            time.sleep(0.1)
