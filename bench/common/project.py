"""A telemetry project to measure: the tests' harness, and what every task asks of it."""
import json
import os
import re
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests/harness"))
from freshet import Freshet  # noqa: E402

VIEWS = ("events_1s", "events_10s", "events_minute")
SETTLE_S = 180


class Wrong(Exception):
    """A result that is not what it must be: no time is reported."""


def check(what, actual, expected):
    if actual != expected:
        raise Wrong(f"{what}: {actual}, expected {expected}")


class Project(Freshet):
    def __init__(self, load_program):
        super().__init__("telemetry")
        self.load_program = load_program

    @property
    def parts(self):
        """The processes whose CPU and memory are told apart."""
        return {"freshet": self.process.pid, "engine": self.engine_pid}

    def stop(self):
        self.kill(signal.SIGTERM)

    def stream(self):
        return self.status()["streams"][0]

    def sum_query(self, view="events_minute"):
        return f"SELECT sum(total_count) FROM {view}"

    def count(self, table):
        return int(self.query(self.sum_query(table) if table in VIEWS else f"SELECT count() FROM {table}")[0][0])

    def wait_visible(self, expected, every_s=0.02):
        """Until raw and every view show `expected` events. Asks the cheap status first, then ClickHouse."""
        deadline = time.monotonic() + SETTLE_S
        while self.stream()["ingested"] < expected or any(self.count(table) < expected for table in ("events", *VIEWS)):
            if time.monotonic() > deadline:
                raise Wrong(f"not visible after {SETTLE_S} s: {self.stream()}")
            time.sleep(every_s)

    def check_exact(self, expected):
        """Raw holds every offset and every event id once, and each view's counts and amounts are those of raw."""
        stream = self.stream()
        for name, value in (("log_end", expected), ("ingested", expected), ("dead_letters", 0), ("duplicates", 0)):
            check(name, stream[name], value)
        rows, ids, amount = self.query("SELECT count(), uniqExact(sipHash64(event_id)), sum(amount) FROM events")[0]
        check("rows in raw", int(rows), expected)
        check("event ids in raw", int(ids), expected)
        for partition, count, first, last, offsets in self.query(
                "SELECT _partition, count(), min(_offset), max(_offset), sum(_offset) FROM events GROUP BY _partition"):
            count = int(count)
            check(f"offsets of partition {partition}", (int(first), int(last), int(offsets)), (0, count - 1, count * (count - 1) // 2))
        for view in VIEWS:
            total, view_amount = self.query(f"SELECT sum(total_count), sum(total_amount) FROM {view}")[0]
            check(f"events in {view}", int(total), expected)
            if abs(float(view_amount) - float(amount)) > 1e-9 * max(1.0, abs(float(amount))):
                raise Wrong(f"amount in {view}: {view_amount}, in raw: {amount}")

    def load(self, mode, topic, environment=None, **options):
        """One run of bench_load; its figures."""
        command = [self.load_program, mode, "--broker", self.kafka, "--topic", topic]
        for name, value in options.items():
            command += [f"--{name.replace('_', '-')}", str(value)]
        result = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **(environment or {})})
        if result.returncode != 0:
            raise Wrong(f"bench_load {mode}: {result.stderr.strip()}")
        return json.loads(result.stdout)

    def query_password(self):
        with open(os.path.join(self.folder, "data/users.json")) as file:
            return json.load(file)["freshet_query"]

    def latency_buckets(self, view):
        """Freshet's own histogram of append → visible: [(upper bound in seconds, records up to it)]."""
        import urllib.request
        with urllib.request.urlopen(self.addresses["http"] + "/metrics", timeout=10) as answer:
            text = answer.read().decode()
        buckets = []
        for labels, value in re.findall(r"^freshet_latency_seconds_bucket\{(.*?)\} (\S+)$", text, re.M):
            pairs = dict(re.findall(r'(\w+)="(.*?)"', labels))
            if pairs["view"] == view:
                buckets.append((float(pairs["le"].replace("+Inf", "inf")), float(value)))
        return sorted(buckets)


def quantile_ms(buckets, share):
    """From cumulative buckets, linear inside of one, as Prometheus does it."""
    total = buckets[-1][1] if buckets else 0
    low, below = 0.0, 0.0
    for bound, up_to in buckets:
        if total and up_to >= share * total:
            if bound == float("inf"):
                return low * 1000
            return 1000 * (low + (bound - low) * (share * total - below) / max(1e-12, up_to - below))
        low, below = bound, up_to
    return None
