#!/usr/bin/env python3
"""What goes wrong on a machine: each time a clear error, or a degraded state that says why and heals by itself, and nothing
lost. failures_test.py [SCENARIO…]

Full disks are small tmpfs mounts in a mount namespace of the test's own; where that is not permitted, those are skipped."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys

import load
from freshet import Freshet, eventually

IN_NAMESPACE = "FRESHET_TEST_MOUNTS"
EVENTS = 20_000
SEED = 5


def command(freshet, *arguments, timeout_s=60):
    """(exit code, everything printed) of a verb."""
    done = subprocess.run([freshet.program, "-C", freshet.folder, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=timeout_s)
    return done.returncode, done.stdout


def status_says(freshet, pattern, exit_code=3, deadline_s=30):
    """`freshet status` ends with the code, and its verdict matches."""
    def answer():
        code, text = command(freshet, "status")
        first = text.splitlines()[0] if text else ""
        return True if code == exit_code and re.search(pattern, first) else (code, first)
    eventually(answer, True, deadline_s)
    if exit_code:
        print(f"    status: {command(freshet, 'status')[1].splitlines()[0][:250]}", flush=True)


def is_well(freshet, deadline_s=60):
    status_says(freshet, "^ok", 0, deadline_s)


def replace_in(path, old, new):
    with open(path) as file:
        text = file.read()
    assert old in text, f"{old} is not in {path}"
    with open(path, "w") as file:
        file.write(text.replace(old, new))


def started(freshet):
    freshet.start()
    return freshet


def stop(freshet):
    freshet.kill(signal.SIGTERM)
    assert freshet.process.returncode == 0, freshet.log_tail()


# --- ports -----------------------------------------------------------------------------------------------------------

def a_port_in_use_is_named():
    with Freshet("telemetry") as freshet, socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        started(freshet)
        stop(freshet)
        freshet._pin_ports()
        for name, key in (("kafka", "kafka.listen"), ("http", "web.listen"), ("clickhouse_http", "clickhouse.http"),
                          ("clickhouse_tcp", "clickhouse.tcp")):
            path = os.path.join(freshet.folder, "freshet.yaml")
            own = freshet.addresses[name].split("//")[-1]
            replace_in(path, own, taken)
            code, text = command(freshet, "up")
            assert code == 1 and re.search(rf"error: FR0005 .*{re.escape(taken)}", text) and key in text, text
            replace_in(path, taken, own)
        started(freshet)
        is_well(freshet)


# --- disks -----------------------------------------------------------------------------------------------------------

class SmallDisk:
    """A tmpfs in the place of a folder below data/, with what was in it."""

    def __init__(self, freshet, folder, mebibytes):
        self.path = os.path.join(freshet.folder, "data", folder)
        old = self.path + ".old"
        os.rename(self.path, old)
        os.mkdir(self.path, 0o700)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", self.path], check=True)
        subprocess.run(["cp", "-a", old + "/.", self.path], check=True)
        self.filler = os.path.join(self.path, "filler")

    def fill(self, leave_bytes=0):
        free = os.statvfs(self.path)
        with open(self.filler, "wb", 0) as file:
            try:
                os.posix_fallocate(file.fileno(), 0, max(1, free.f_bavail * free.f_bsize - leave_bytes))
                while leave_bytes == 0:
                    file.seek(0, os.SEEK_END)
                    file.write(b"x" * 4096)
            except OSError as error:
                assert error.errno == 28, error

    def free(self):
        os.remove(self.filler)

    def unmount(self):
        subprocess.run(["umount", "-l", self.path], check=False)


def with_small_disk(folder, mebibytes, verdict):
    if not os.environ.get(IN_NAMESPACE):
        return "mounting is not permitted here"
    with Freshet("telemetry") as freshet:
        started(freshet)
        first = load.Producer(freshet, 0, EVENTS).finish()
        load.all_is_there_once(freshet, [first])
        stop(freshet)
        disk = SmallDisk(freshet, folder, mebibytes)
        second = third = None
        try:
            started(freshet)
            is_well(freshet)
            disk.fill(leave_bytes=200_000)
            second = load.Producer(freshet, 1, EVENTS, EVENTS / 3)
            status_says(freshet, verdict)
            disk.free()
            second.finish(60)
            is_well(freshet)
            load.all_is_there_once(freshet, [first, second])
            # And a start on a full disk.
            stop(freshet)
            disk.fill()
            freshet.start(wait=False)
            third = load.Producer(freshet, 2, EVENTS)
            status_says(freshet, verdict)
            disk.free()
            third.finish(60)
            is_well(freshet)
            load.all_is_there_once(freshet, [first, second, third])
        except (AssertionError, OSError):
            print(freshet.log_tail(), flush=True)
            raise
        finally:
            for producer in filter(None, (second, third)):
                producer.end()
            freshet._end_group()
            disk.unmount()
    return None


def a_full_disk_under_the_log():
    return with_small_disk("log", 64, "disk|space|log")


def a_full_disk_under_clickhouse():
    return with_small_disk("clickhouse", 400, "disk|space|ClickHouse")


def no_write_permission_is_an_error():
    with Freshet("telemetry") as freshet:
        started(freshet)
        first = load.Producer(freshet, 0, EVENTS).finish()
        load.all_is_there_once(freshet, [first])
        stop(freshet)
        if os.geteuid() == 0:  # who may write everywhere must leave that behind
            wrapper = os.path.join(freshet.base, "humble")
            with open(wrapper, "w") as file:
                file.write(f'#!/bin/sh\nexec setpriv --bounding-set=-dac_override,-dac_read_search '
                           f'--inh-caps=-dac_override,-dac_read_search {freshet.program} "$@"\n')
            os.chmod(wrapper, 0o755)
            freshet.program = wrapper
        for name in ("data", "data/log/events-0/00000000000000000000.log"):
            path = os.path.join(freshet.folder, name)
            mode = os.stat(path).st_mode
            os.chmod(path, mode & 0o555)
            code, text = command(freshet, "up")
            os.chmod(path, mode)
            assert code == 1 and "FR0102" in text and path in text, (name, code, text)
        # While it runs, where ClickHouse puts its parts: degraded, and events are taken meanwhile.
        started(freshet)
        path = freshet.query("SELECT data_paths[1] FROM system.tables WHERE database = 'shop' AND name = 'events'")[0][0]
        os.chmod(path, 0o500)
        second = load.Producer(freshet, 1, EVENTS).finish()
        status_says(freshet, "Permission denied")
        os.chmod(path, 0o700)
        is_well(freshet)
        load.all_is_there_once(freshet, [first, second])


# --- engine ----------------------------------------------------------------------------------------------------------

def a_password_changed_under_it():
    with Freshet("telemetry") as freshet:
        started(freshet)
        path = os.path.join(freshet.folder, "data/users.json")
        with open(path) as file:
            users = json.load(file)
        with open(path, "w") as file:
            json.dump({**users, "freshet_query": "another"}, file)
        code, text = command(freshet, "sql", "SELECT 1")
        assert code == 1 and "FR0405" in text, text
        # Ingestion goes on; what the file says holds from the next start of all.
        first = load.Producer(freshet, 0, EVENTS).finish()
        is_well(freshet)
        freshet.kill()
        started(freshet)
        load.all_is_there_once(freshet, [first])
        # A file that is damaged is an error, never replaced.
        stop(freshet)
        with open(os.path.join(freshet.folder, "data/users.json"), "w") as file:
            file.write('{"freshet_ingest": ')
        code, text = command(freshet, "up")
        assert code == 1 and "FR0104" in text and "users.json" in text, text


def a_missing_library_is_an_error():
    with Freshet("telemetry") as freshet:
        lonely = os.path.join(freshet.base, "freshet")
        shutil.copy(freshet.program, lonely)
        done = subprocess.run([lonely, "-C", freshet.folder, "up", "--ports", "free"], capture_output=True, text=True, timeout=30,
                              env={**os.environ, "PATH": "/nowhere"})
        assert done.returncode == 1 and "FR0400" in done.stderr, done


def an_engine_that_does_not_start():
    with Freshet("telemetry") as freshet:
        started(freshet)
        first = load.Producer(freshet, 0, EVENTS).finish()
        load.all_is_there_once(freshet, [first])
        stop(freshet)
        store = os.path.join(freshet.folder, "data/clickhouse/store")
        os.rename(store, store + ".away")
        with open(store, "w") as file:
            file.write("in the way")
        freshet.start(wait=False)
        status_says(freshet, "ClickHouse is not running")
        second = load.Producer(freshet, 1, EVENTS).finish()  # the log takes them
        stream = freshet.status()["streams"][0]
        assert (stream["log_end"], stream["ingested"], stream["lag_records"]) == (2 * EVENTS, EVENTS, EVENTS), stream
        assert stream["freshness_ms"] > 0, stream
        freshet.kill(signal.SIGTERM)  # nothing waits for ClickHouse
        assert freshet.process.returncode == 0, freshet.log_tail()
        freshet.start(wait=False)
        status_says(freshet, "ClickHouse is not running")
        os.remove(store)
        os.rename(store + ".away", store)
        load.all_is_there_once(freshet, [first, second])
        is_well(freshet)


# --- topics and views ------------------------------------------------------------------------------------------------

def a_missing_topic_is_said():
    with Freshet("telemetry") as freshet:
        started(freshet)
        freshet.run("topics", "delete", "events")
        status_says(freshet, "topic events does not exist")
        freshet.run("topics", "create", "events", "--partitions", "2")
        is_well(freshet)
        load.all_is_there_once(freshet, [load.Producer(freshet, 0, EVENTS).finish()])


REFUSES = """CREATE MATERIALIZED VIEW refuses ENGINE = SummingMergeTree ORDER BY project
AS SELECT project, sum(toInt64(throwIf(user_id = 'u-996' AND project = 'p1', 'no such user') = 0)) AS n FROM events GROUP BY project
"""


def a_view_that_refuses_rows_is_frozen():
    with Freshet("telemetry") as freshet:
        with open(os.path.join(freshet.folder, "views/refuses.sql"), "w") as file:
            file.write(REFUSES)
        started(freshet)
        first = load.Producer(freshet, 0, EVENTS).finish()
        load.all_is_there_once(freshet, [first])
        eventually(lambda: freshet.query("SELECT sum(n) FROM refuses"), [[str(EVENTS)]])
        second = load.Producer(freshet, 1, EVENTS).finish()  # holds what the view refuses
        load.all_is_there_once(freshet, [first, second], 30)
        status_says(freshet, "view refuses is frozen.*no such user")
        states = {view["name"]: view["state"] for view in freshet.status()["views"]}
        assert states == {"refuses": "frozen", "events_minute": "live", "events_10s": "live", "events_1s": "live"}, states
        assert freshet.status()["streams"][0]["lag_records"] == 0
        # It cannot be built again while raw holds those rows: everything else starts without it, after a kill too.
        freshet.kill()
        started(freshet)
        third = load.Producer(freshet, 2, EVENTS).finish()
        load.all_is_there_once(freshet, [first, second, third])
        status_says(freshet, "view refuses is frozen.*no such user")


def a_view_that_was_frozen_is_built_again():
    """Its cause is mended by hand here: the storage lacks a column's room no more."""
    with Freshet("telemetry") as freshet:
        with open(os.path.join(freshet.folder, "views/refuses.sql"), "w") as file:
            file.write("CREATE MATERIALIZED VIEW counts ENGINE = SummingMergeTree ORDER BY project\n"
                       "AS SELECT project, count() AS n FROM events GROUP BY project\n".replace("counts", "refuses"))
        started(freshet)
        first = load.Producer(freshet, 0, EVENTS).finish()
        load.all_is_there_once(freshet, [first])
        freshet.query("ALTER TABLE shop.refuses__v1 ADD CONSTRAINT no CHECK n = 0", user="freshet_ingest")
        second = load.Producer(freshet, 1, EVENTS).finish()
        load.all_is_there_once(freshet, [first, second], 30)
        status_says(freshet, "view refuses is frozen")
        stop(freshet)
        started(freshet)
        is_well(freshet)
        third = load.Producer(freshet, 2, EVENTS).finish()
        load.all_is_there_once(freshet, [first, second, third])
        eventually(lambda: freshet.query("SELECT sum(n) FROM refuses"), [[str(3 * EVENTS)]])


# --- ends ------------------------------------------------------------------------------------------------------------

def sigterm_under_load_is_orderly():
    with Freshet("telemetry") as freshet:
        started(freshet)
        producers = [load.Producer(freshet, number, 3 * EVENTS, EVENTS / 2) for number in range(2)]
        try:
            for _ in range(2):
                ingested = load.stream_of(freshet)["ingested"]
                eventually(lambda: load.stream_of(freshet)["ingested"] > ingested + 5000, True)
                code, text = command(freshet, "up", "--ports", "free")
                assert code == 1 and "FR0004" in text, text
                stop(freshet)
                started(freshet)
            for producer in producers:
                producer.finish()
            load.all_is_there_once(freshet, producers)
            with open(freshet.log_path) as log:
                assert "in doubt" not in log.read(), "an orderly end leaves nothing in doubt\n" + freshet.log_tail()
        finally:
            for producer in producers:
                producer.end()


SCENARIOS = [a_port_in_use_is_named, a_full_disk_under_the_log, a_full_disk_under_clickhouse, no_write_permission_is_an_error,
             a_password_changed_under_it, a_missing_library_is_an_error, an_engine_that_does_not_start, a_missing_topic_is_said,
             a_view_that_refuses_rows_is_frozen, a_view_that_was_frozen_is_built_again, sigterm_under_load_is_orderly]

if __name__ == "__main__":
    if IN_NAMESPACE not in os.environ:
        own = ["unshare", "--user", "--map-root-user", "--mount", "--propagation", "private"]
        may = shutil.which("unshare") and subprocess.run([*own, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True).returncode == 0
        os.environ[IN_NAMESPACE] = "1" if may else ""
        if may:
            os.execvp(own[0], [*own, sys.executable, *sys.argv])
    sys.exit(load.run_scenarios(SCENARIOS))
