#!/usr/bin/env python3
"""The engine killed between a token and the rename of its part, and a rename that fails: nothing lost, nothing twice.

ClickHouse writes a part's deduplication token before it renames the part into place. strace kills the engine at that very
rename, or makes it fail with ENOSPC, while events flow, until both have happened to the raw table and to every view. Where
tracing is not permitted the same is shown on the files: tests/engine_contract (PartThatNeverCameIntoPlace…)."""
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

import load
from freshet import Freshet, eventually

STRACE = "/usr/bin/strace"
TABLES = ("events", "events_1s__v1", "events_10s__v1", "events_minute__v1")
EVENTS = 2_000_000  # more than will be needed
RATE = 8_000
TRIES = 60


class Strace:
    """Injects a fault into the engine's NUMBERth rename from now on."""

    def __init__(self, pid, fault, number):
        self.log = tempfile.NamedTemporaryFile("r", prefix="freshet-strace-")
        self.process = subprocess.Popen([STRACE, "-f", "-e", "trace=rename", "-e", f"inject=rename:{fault}:when={number}", "-p", str(pid)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(self.log.name, "w"))
        eventually(lambda: "attached" in self.said() or "not permitted" in self.said() or self.process.poll() is not None, True, 10)

    def permitted(self):
        return "attached" in self.said() and "not permitted" not in self.said()

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def struck(self, fault):
        """The path of the struck rename; after the fault has happened. A thread that is killed gets no result of its call."""
        open_calls, injected = {}, None
        for line in self.said().splitlines():
            thread = (re.match(r"\[pid +(\d+)\]", line) or [None, ""])[1]
            if call := re.search(r'rename\("([^"]+)"', line):
                open_calls[thread] = call.group(1)
            if "(INJECTED)" in line:
                injected = open_calls.get(thread)
            if re.search(r"\) += +-?\d", line):
                open_calls.pop(thread, None)
        return injected if "error=" in fault else next(iter(open_calls.values()), None)

    def end(self):
        self.process.send_signal(signal.SIGKILL)  # asked politely it may wait for a dead thread for ever
        self.process.wait()
        self.log.close()


def folders(freshet):
    """Folder of each table's data, as the engine's paths end."""
    rows = freshet.query("SELECT name, toString(uuid) FROM system.tables WHERE database = 'shop'")
    return {uuid: name for name, uuid in rows if name in TABLES}


def strike(freshet, fault, number, tables):
    """One struck rename; the table whose inserted part it was about, None for a merge or another table."""
    engine = freshet.status()["engine_pid"]
    strace = Strace(engine, fault, number)
    try:
        assert strace.permitted(), strace.said()
        if "error=" in fault:
            eventually(lambda: "(INJECTED)" in strace.said(), True, 30)
        else:
            eventually(lambda: freshet.status()["engine_pid"] != engine, True, 30)
        path = strace.struck(fault) or ""
    finally:
        strace.end()
    if "error=" in fault and not table_of_insert(path, tables):
        return None  # a merge, or a table for people: that is no batch of ours
    eventually(lambda: freshet.status()["engine_pid"] not in (0, engine) and freshet.status()["verdict"] == "ok", True, 60)
    return table_of_insert(path, tables)


def table_of_insert(path, tables):
    return next((name for uuid, name in tables.items() if uuid in path and "tmp_insert" in path), None)


def strikes(fault):
    """Until the fault has hit the raw table and every view."""
    seed = random.SystemRandom().randrange(1 << 30)
    chance = random.Random(seed)
    with Freshet("telemetry") as freshet:
        freshet.start()
        producer = load.Producer(freshet, 0, EVENTS, RATE, seed)
        try:
            eventually(lambda: load.stream_of(freshet)["ingested"] > 0, True, 30)
            tables = folders(freshet)
            assert len(tables) == len(TABLES), tables
            missing, hits = set(TABLES), []
            for attempt in range(TRIES):
                if not missing:
                    break
                hit = strike(freshet, fault, chance.randrange(1, 9), tables)
                hits.append(hit)
                missing.discard(hit)
            print(f"{fault}: {', '.join(str(hit) for hit in hits)}; producer {'still sends' if producer.sends else 'is done'}", flush=True)
            assert not missing, f"no rename of {missing} was struck in {TRIES} tries, seed {seed}"
            producer.enough().finish()
            load.all_is_there_once(freshet, [producer])
            with open(freshet.log_path) as log:
                repaired = sum(int(n) for n in re.findall(r"(\d+) tokens without a part struck out", log.read()))
            print(f"{repaired} tokens without a part were struck out")
            assert repaired > 0, "no token was found without its part: nothing was shown"
        except (AssertionError, OSError):
            print(freshet.log_tail(), flush=True)
            raise
        finally:
            producer.end()


def permitted():
    """Whether a process that is no child may be traced here, as the engine is none of strace's."""
    if not os.access(STRACE, os.X_OK):
        return False
    sleeper = subprocess.Popen(["sleep", "60"])
    strace = Strace(sleeper.pid, "signal=KILL", 1)
    try:
        return strace.permitted()
    finally:
        sleeper.kill()
        sleeper.wait()
        strace.end()


def killed_at_the_rename():
    if not permitted():
        return "tracing is not permitted here; tests/engine_contract shows it on the files"
    strikes("signal=KILL")


def rename_that_fails():
    if not permitted():
        return "tracing is not permitted here; tests/engine_contract shows it on the files"
    strikes("error=ENOSPC")


if __name__ == "__main__":
    sys.exit(load.run_scenarios([killed_at_the_rename, rename_that_fails]))
