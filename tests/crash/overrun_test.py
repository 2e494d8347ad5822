#!/usr/bin/env python3
"""A halted ClickHouse (SIGSTOP) while the log fills up: producers are refused with an error that they retry, `status` says for how
long the log holds before and why it refuses then, and afterwards all goes on by itself, with every event once. Meanwhile a topic
grows and records that are not ingested cannot be deleted. overrun_test.py [SCENARIO]"""
import os
import re
import signal
import sys

import load
from failures_test import command, is_well, replace_in, status_says
from freshet import Freshet, eventually

EVENTS, PRODUCERS = 350_000, (0, 4)  # both without compression: 110 MB, of which 64 MiB fit
RATE = 15_000  # a second, of each: 5 MB/s, so that the log is full after some 13 s, before they have sent all
CHECK = os.path.join(load.HERE, "overrun_client.py")


def client(freshet, *arguments):
    """overrun_client.py with the clients' Python; what it printed."""
    import subprocess
    done = subprocess.run([load.PYTHON, CHECK, freshet.kafka, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split()


def the_log_fills_while_clickhouse_is_halted():
    with Freshet("telemetry") as freshet:
        replace_in(os.path.join(freshet.folder, "freshet.yaml"), "20GiB", "64MiB")
        freshet.start()
        engine = freshet.engine_pid
        producers = []
        try:
            producers = [load.Producer(freshet, number, EVENTS, RATE) for number in PRODUCERS]
            eventually(lambda: load.stream_of(freshet)["ingested"] > 10_000, True, 60)
            os.kill(engine, signal.SIGSTOP)

            # It holds for a while, says for how long, and takes events until then.
            eventually(lambda: freshet.status()["log"]["holds_for_s"] is not None, True, 30)
            held = freshet.status()["log"]
            assert 0 < held["bytes_per_s"] < 100e6 and held["max_bytes"] == 64 << 20, held
            assert "takes events for" in command(freshet, "status")[1], command(freshet, "status")[1]
            print(f"    status: {[line for line in command(freshet, 'status')[1].splitlines() if line.startswith('log:')]}", flush=True)

            # What is not ingested is not deleted, and a topic may grow meanwhile.
            assert client(freshet, "delete-all", "events") == ["POLICY_VIOLATION"], freshet.log_tail()
            assert re.search(r"events-\d before offset \d+ are not deleted", freshet.log_tail(200)), freshet.log_tail()
            assert client(freshet, "grow", "events", "6") == ["6"]

            # Then producers are refused with an error that is retried, and the verdict says why.
            status_says(freshet, r"log\.max_bytes is 64 MiB.*not ingested is not removed", 3, 120)
            assert freshet.status()["log"]["holds_for_s"] in (0, None), freshet.status()["log"]
            assert client(freshet, "produce", "events") == ["NOT_ENOUGH_REPLICAS"], "an error that every producer retries"
            assert all(producer.sends for producer in producers), "they wait, and have not given up"

            # ClickHouse goes on, and so does everything else, by itself.
            os.kill(engine, signal.SIGCONT)
            for producer in producers:
                producer.finish()
            load.all_is_there_once(freshet, producers)
            is_well(freshet)
            assert len(load.stream_of(freshet)["partitions"]) == 6
            assert freshet.status()["log"]["bytes"] < 80 << 20, freshet.status()["log"]
        finally:
            for pid in (engine,):
                try:
                    os.kill(pid, signal.SIGCONT)
                except ProcessLookupError:
                    pass
            for producer in producers:
                if producer.sends:
                    producer.end()


def settings_move_the_log_start_at_run_time():
    """retention.ms and retention.bytes, set while everything runs: the log start moves, but never over what is not ingested."""
    with Freshet("telemetry") as freshet:
        freshet.start()
        producer = load.Producer(freshet, 0, 60_000).finish()
        load.all_is_there_once(freshet, [producer])
        starts = lambda: [partition["log_start"] for partition in load.stream_of(freshet)["partitions"]]
        assert starts() == [0, 0, 0, 0], starts()
        os.kill(freshet.engine_pid, signal.SIGSTOP)
        try:
            second = load.Producer(freshet, 1, 60_000).finish()
            freshet.run("topics", "config", "set", "events", "retention.ms=1")
            done = [partition["position"] for partition in load.stream_of(freshet)["partitions"]]
            assert all(start <= position for start, position in zip(starts(), done)), (starts(), done)
        finally:
            os.kill(freshet.engine_pid, signal.SIGCONT)
        load.all_is_there_once(freshet, [producer, second])
        ends = lambda: [partition["log_end"] for partition in load.stream_of(freshet)["partitions"]]
        eventually(lambda: starts() == ends(), True, 30)
        before = starts()
        freshet.run("topics", "config", "set", "events", "--unset", "retention.ms")
        freshet.kill()
        freshet.start()
        assert starts() == before, (starts(), before)
        is_well(freshet)


if __name__ == "__main__":
    sys.exit(load.run_scenarios((the_log_fills_while_clickhouse_is_halted, settings_move_the_log_start_at_run_time)))
