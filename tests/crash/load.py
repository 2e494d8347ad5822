"""Producers in processes of their own, what the views must say of their events, and the comparison with what they do say."""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../harness"))
from freshet import eventually

PYTHON = os.path.join(HERE, "../../build/deps/venv/bin/python3")
AS_FAST_AS_IT_GOES = 10_000_000
VIEWS = (("events_minute", "agg_minute"), ("events_10s", "bucket"), ("events_1s", "bucket"))


class Producer:
    """producer.py as a process: an idempotent producer that goes on whatever happens to the broker."""

    def __init__(self, freshet, number, count, rate=AS_FAST_AS_IT_GOES, seed=1):
        self.number, self.count = number, count
        self.process = subprocess.Popen([PYTHON, os.path.join(HERE, "producer.py"), freshet.kafka, str(number), str(count), str(rate),
                                         str(seed)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.answer = None

    @property
    def sends(self):
        return self.process.poll() is None

    def enough(self):
        """No more events than those that were sent."""
        self.process.terminate()
        return self

    def finish(self, timeout_s=600):
        """Waits until every event is acknowledged."""
        output, _ = self.process.communicate(timeout=timeout_s)
        assert self.process.returncode == 0, f"producer {self.number} ended with {self.process.returncode}"
        self.answer = json.loads(output)
        self.count = self.answer["sent"]
        assert self.answer["delivered"] == self.count, self.answer["failures"]
        return self

    def end(self):
        self.process.kill()
        self.process.wait()


def expected_sums(producers):
    rows = []
    for producer in producers:
        for key, (count, quarters) in producer.answer["sums"].items():
            minute, action = key.split("|")
            rows.append([f"2026-01-18 12:{int(minute):02}:00", f"p{producer.number}", action, str(count), quarters / 4])
    return sorted(rows)


def view_sums(freshet, view, bucket):
    rows = freshet.query(f"SELECT toStartOfMinute({bucket}) AS minute, project, action, sum(total_count), sum(total_amount) FROM {view} "
                         "GROUP BY minute, project, action ORDER BY minute, project, action")
    return sorted([*row[:4], float(row[4])] for row in rows)


def stream_of(freshet):
    return freshet.status()["streams"][0]


def all_is_there_once(freshet, producers, deadline_s=120, views=VIEWS):
    """The raw table and every view hold what the producers sent, no more and no less. The producers' numbers differ."""
    total = str(sum(producer.count for producer in producers))
    eventually(lambda: freshet.query("SELECT count(), uniqExact(event_id) FROM events"), [[total, total]], deadline_s)
    expected = expected_sums(producers)
    for view, bucket in views:
        eventually(lambda: view_sums(freshet, view, bucket), expected, 30)
    return total


def run_scenarios(scenarios):
    """Runs each, prints how long it took, counts; for main()."""
    import time
    import traceback
    chosen = sys.argv[1:]
    passed = failed = 0
    for scenario in scenarios:
        if chosen and scenario.__name__ not in chosen:
            continue
        started = time.monotonic()
        try:
            skipped = scenario()
            verdict = f"skipped: {skipped}" if skipped else "ok"
            passed += 1
        except Exception:  # of whatever kind: the other scenarios still run
            failed += 1
            verdict = "FAILED\n" + traceback.format_exc()
        print(f"{scenario.__name__}: {verdict} ({time.monotonic() - started:.1f} s)", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0
