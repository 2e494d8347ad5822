#!/usr/bin/env python3
"""kill -9 of the whole program, or of the engine alone, ten times under load: nothing lost, nothing twice.

Four producers send 2 million events in at least a minute. At each kill the log's end and the raw table's count are printed;
the test fails unless eight kills fell while events were in flight, and three inside an open intent. What the views must
say is calculated by the producers. kill_test.py [SEED]"""
import json
import os
import random
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../harness"))
from freshet import Freshet, eventually

PYTHON = os.path.join(HERE, "../../build/deps/venv/bin/python3")
PRODUCERS = 4
EVENTS_EACH = 500_000
RATE_EACH = 8_000
KILLS = 10
KILLS_IN_FLIGHT = 8
KILLS_IN_INTENT = 3
CATCH_UP_S = 300


def stream_of(freshet):
    return freshet.status()["streams"][0]


def wait_for_intent(freshet, within_s):
    """The stream's status at an instant with an open intent, or the last one seen."""
    deadline = time.monotonic() + within_s
    while True:
        stream = stream_of(freshet)
        if stream["intent_open"] or time.monotonic() > deadline:
            return stream


def kill_once(freshet, number, chance, producers):
    time.sleep(chance.uniform(2, 4))  # of load between kills, at a moment that the seed chooses
    stream = wait_for_intent(freshet, 2)
    whole = number % 2 == 0
    if whole:
        freshet.kill()
    else:
        os.kill(freshet.status()["engine_pid"], 9)
    in_flight = stream["lag_records"] > 0 and any(producer.poll() is None for producer in producers)
    took_s = 0.0
    if whole:
        took_s = freshet.start()
    else:
        started = time.monotonic()
        eventually(lambda: freshet.status()["verdict"], "ok", 120)
        took_s = time.monotonic() - started
    print(f"kill {number + 1}: {'program' if whole else 'engine '}  log end {stream['log_end']:>9}  raw {stream['ingested']:>9}  "
          f"{'in flight' if in_flight else 'idle'}{', intent open' if stream['intent_open'] else ''}, back after {took_s:.1f} s", flush=True)
    return in_flight, stream["intent_open"]


def expected_sums(answers):
    rows = []
    for number, answer in enumerate(answers):
        for key, (count, quarters) in answer["sums"].items():
            minute, action = key.split("|")
            rows.append([f"2026-01-18 12:{int(minute):02}:00", f"p{number}", action, str(count), quarters / 4])
    return sorted(rows)


def view_sums(freshet, view, bucket):
    rows = freshet.query(f"SELECT toStartOfMinute({bucket}) AS minute, project, action, sum(total_count), sum(total_amount) FROM {view} "
                         "GROUP BY minute, project, action ORDER BY minute, project, action")
    return sorted([*row[:4], float(row[4])] for row in rows)


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(1 << 30)
    print(f"seed {seed}")
    chance = random.Random(seed)
    total = PRODUCERS * EVENTS_EACH
    producers = []
    with Freshet("telemetry") as freshet:
        try:
            freshet.start()
            producers = [subprocess.Popen([PYTHON, os.path.join(HERE, "producer.py"), freshet.kafka, str(number), str(EVENTS_EACH),
                                           str(RATE_EACH), str(seed)], stdout=subprocess.PIPE, text=True) for number in range(PRODUCERS)]
            eventually(lambda: stream_of(freshet)["log_end"] > 0, True, 30)
            kills = [kill_once(freshet, number, chance, producers) for number in range(KILLS)]
            answers = [json.loads(producer.communicate(timeout=600)[0]) for producer in producers]
            for number, answer in enumerate(answers):
                print(f"producer {number}: {answer['delivered']} delivered, {answer['failed']} failed in {answer['seconds']:.0f} s")
                assert answer["delivered"] == EVENTS_EACH, answer["failures"]
            eventually(lambda: stream_of(freshet)["log_end"], total, 30)
            print(f"log end: exactly {total}, retries left nothing twice")
            eventually(lambda: freshet.query("SELECT count(), uniqExact(event_id) FROM events"), [[str(total), str(total)]], CATCH_UP_S)
            print(f"raw: {total} rows, as many ids")
            expected = expected_sums(answers)
            for view, bucket in (("events_minute", "agg_minute"), ("events_10s", "bucket"), ("events_1s", "bucket")):
                eventually(lambda: view_sums(freshet, view, bucket), expected, 60)
                print(f"{view}: every sum as its producers calculated")
            in_flight, in_intent = sum(kill[0] for kill in kills), sum(kill[1] for kill in kills)
            assert in_flight >= KILLS_IN_FLIGHT, f"only {in_flight} kills fell while events were in flight: the test shows too little"
            assert in_intent >= KILLS_IN_INTENT, f"only {in_intent} kills fell inside an open intent: the test shows too little"
            print("1 passed, 0 failed")
            return 0
        except (AssertionError, OSError, ValueError, subprocess.SubprocessError) as error:
            print(f"FAILED with seed {seed}: {error}\n{freshet.log_tail()}\n0 passed, 1 failed")
            return 1
        finally:
            for producer in producers:
                producer.kill()
                producer.wait()


if __name__ == "__main__":
    sys.exit(main())
