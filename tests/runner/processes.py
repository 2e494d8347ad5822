"""Runs programs so that none outlives its test: each in its own process group, with a time limit, and only groups that
were started here are ever ended."""
import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field


@dataclass
class Command:
    name: str
    argv: list
    timeout_s: float
    env: dict = field(default_factory=dict)
    cwd: str = None
    results_file: str = None  # gtest's JSON


@dataclass
class Outcome:
    command: Command
    exit_code: int  # -1: ended by the time limit
    output: str
    seconds: float

    @property
    def ok(self):
        return self.exit_code == 0


def end_group(group):
    """Ends what is left of a process group that run() started."""
    try:
        os.killpg(group, signal.SIGKILL)
        return True
    except (ProcessLookupError, PermissionError):
        return False


def run(command, echo=False):
    """Runs a command to its end, or to its time limit. `echo` shows its output as it comes."""
    started = time.monotonic()
    environment = {**os.environ, **command.env}
    try:
        process = subprocess.Popen(command.argv, cwd=command.cwd, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=None if echo else subprocess.PIPE, stderr=None if echo else subprocess.STDOUT,
                                   start_new_session=True)
    except OSError as error:
        return Outcome(command, 127, f"{command.argv[0]}: {error.strerror}; was it built?\n", 0.0)
    try:
        output, _ = process.communicate(timeout=command.timeout_s)
        code = process.returncode
    except subprocess.TimeoutExpired:
        end_group(process.pid)
        output, _ = process.communicate()
        output = (output or b"") + f"\nnot finished after {command.timeout_s:.0f} s, ended\n".encode()
        code = -1
    except BaseException:  # Ctrl-C of the whole run
        end_group(process.pid)
        raise
    end_group(process.pid)
    return Outcome(command, code, (output or b"").decode(errors="replace"), time.monotonic() - started)


def run_all(commands, jobs, each):
    """Runs commands, `jobs` at a time, and calls each(outcome) as they end."""
    with ThreadPoolExecutor(jobs) as pool:
        for future in [pool.submit(run, command) for command in commands]:
            each(future.result())
