#!/usr/bin/env python3
"""The producers of `init --producer`, from their unit tests to the views (README.md). producers_test.py [SCENARIO…]"""
import os
import os
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter

from programs import ENVIRONMENT, LANGUAGES, PYTHON, Run, build_all, check_versions
from freshet import Freshet, eventually

QUEUE_LIMIT = 10_000  # of every producer
VIEWS = (("events_minute", "agg_minute", 16), ("events_10s", "bucket", 18), ("events_1s", "bucket", 19))


class Project:
    """A running project with its producers, and all events that must be in it."""

    def __init__(self, template):
        self.freshet = Freshet(template)
        self.delivered = []
        self.runs = []

    def __enter__(self):
        self.freshet.start()
        self.freshet._pin_ports()  # so that init fills in the address that is really listened on
        self.freshet.run("init", "--producer", ",".join(LANGUAGES), self.freshet.folder)
        check_versions(self.freshet.folder)
        return self

    def __exit__(self, *_):
        for run in self.runs:
            run.end()
        self.freshet.__exit__()

    def run_all(self, *arguments):
        """One process of each language."""
        runs = [Run(self.freshet.folder, language, *arguments) for language in LANGUAGES]
        self.runs += runs
        return runs

    def ids(self):
        return Counter(row[0] for row in self.freshet.query("SELECT event_id FROM events"))

    def is_ingested(self):
        """Waits until the raw table has everything that the log has."""
        with_records = [stream for stream in self.freshet.status()["streams"] if stream["log_end"] > 0]
        assert with_records, self.freshet.status()
        eventually(lambda: [stream["lag_records"] for stream in self.freshet.status()["streams"]], [0])

    def all_is_there_once(self):
        """The raw table holds what was delivered, each event once, and the views its sums."""
        expected = Counter(event["event_id"] for event in self.delivered)
        assert max(expected.values()) == 1, "a producer reported an event twice"
        total = str(len(expected))
        eventually(lambda: self.freshet.query("SELECT count(), uniqExact(event_id) FROM events"), [[total, total]])
        assert self.ids() == expected
        for view, bucket, digits in VIEWS:
            eventually(lambda: sorted([*row[:4], float(row[4])] for row in self.freshet.query(
                f"SELECT {bucket}, project, action, sum(total_count), sum(total_amount) FROM {view} GROUP BY ALL")), self.sums(digits), 20)

    def sums(self, digits):
        """Amounts are whole quarters, so that their sums are exact in any order."""
        sums = {}
        for event in self.delivered:
            text = event["ts"].replace("T", " ")[:digits]
            bucket = text + "0000-00-00 00:00:00"[len(text):]
            total = sums.setdefault((bucket, event["project"], event["action"]), [0, 0.0])
            total[0] += 1
            total[1] += event["amount"]
        return sorted([*key, str(count), amount] for key, (count, amount) in sums.items())


def unit_tests(project):
    """Each builds, and its own tests pass."""
    build_all(project.freshet.folder)


def by_count(project):
    """Everything is delivered once; a key goes to the same partition from every language."""
    for run in project.run_all("--count", 1500, "--rate", 0):
        delivered = run.finish(0)
        assert len(delivered) == 1500, run.language
        project.delivered += delivered
    project.all_is_there_once()
    same_partition(project)


def same_partition(project):
    split = project.freshet.query("SELECT user_id FROM events GROUP BY user_id HAVING uniqExact(_partition) > 1")
    assert split == [], f"{len(split)} keys are in more than one partition"
    assert project.freshet.query("SELECT uniqExact(_partition) FROM events") == [["4"]]


def python_reader_goes_away(project):
    """Whatever the callback for a delivered event raises, here by a closed stdout: nothing of the accepted queue is lost."""
    place = f"{project.freshet.folder}/producers/python"
    before = int(project.freshet.query("SELECT count() FROM events")[0][0])
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run([PYTHON, "producer.py", "--count", "500", "--rate", "0", "--verbose"], cwd=place, stdout=writing,
                           stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, timeout=60)
    os.close(writing)
    assert ended.returncode != 0 and "500 delivered, 0 not delivered" in ended.stderr, ended
    assert "error: [Errno 32] Broken pipe" in ended.stderr and "Traceback" not in ended.stderr, ended
    eventually(lambda: project.freshet.query(f"SELECT count() - {before} FROM events"), [["500"]])
    rows = project.freshet.query("SELECT event_id, formatDateTime(ts, '%Y-%m-%dT%H:%i:%S', 'UTC'), project, action, amount FROM events")
    known = {event["event_id"] for event in project.delivered}
    project.delivered += [{"event_id": id_, "ts": ts, "project": of, "action": action, "amount": float(amount)}
                          for id_, ts, of, action, amount in rows if id_ not in known]


def wrong_arguments(project):
    """Exit code 2 and a sentence, before anything is sent. The environment counts as the command line does."""
    for arguments, environment in ((["--rate", "-1"], {}), (["--count", "x"], {}), (["--speed", "7"], {}), ([], {"DELIVERY_TIMEOUT": "0"})):
        for language, argv in LANGUAGES.items():
            ended = subprocess.run([*argv, *arguments], cwd=f"{project.freshet.folder}/producers/{language}", capture_output=True, text=True,
                                   env={**ENVIRONMENT, **environment}, timeout=30)
            assert ended.returncode == 2 and ended.stderr.strip(), f"{language} {arguments}: {ended}"


def stopped_in_the_middle(project):
    """SIGTERM ends each in order: what was accepted is delivered, and reported."""
    runs = project.run_all("--rate", 300)
    for run in runs:
        run.wait_for(100)
        run.process.send_signal(signal.SIGTERM)
    for run in runs:
        project.delivered += run.finish(0)
        assert run.undelivered() == []
    project.all_is_there_once()


def broker_restarts(project):
    """kill -9 and a new start: each goes on by itself, nothing is lost or doubled."""
    runs = project.run_all("--rate", 400, "--count", 1200)
    for run in runs:
        run.wait_for(200)
    project.freshet.kill()
    time.sleep(0.5)  # they notice, and try in vain
    project.freshet.start()
    for run in runs:
        delivered = run.finish(0)
        assert len(delivered) == 1200, run.language
        project.delivered += delivered
    project.all_is_there_once()


def broker_stays_away(project):
    """The queue is bounded; after the delivery timeout, or two signals, each ends with an error and keeps what was not delivered."""
    impatient = project.run_all("--rate", 200, "--delivery-timeout", 3)
    stopped = project.run_all("--rate", 200)
    for run in impatient + stopped:
        run.wait_for(50)
    project.freshet.kill()
    full = project.run_all("--rate", 0, "--delivery-timeout", 4)
    for run in stopped:
        run.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)  # a second signal, apart from the first
    assert all(run.process.poll() is None for run in stopped), "one signal must wait for what is under way"
    for run in stopped:
        run.process.send_signal(signal.SIGINT)
    for run in stopped + impatient:
        project.delivered += run.finish(1)
        assert run.undelivered(), run.language
    for run in full:
        assert run.finish(1) == [], run.language
        assert QUEUE_LIMIT <= len(run.undelivered()) <= QUEUE_LIMIT + 100, (run.language, len(run.undelivered()))
    project.freshet.start()
    project.is_ingested()
    for run in stopped + impatient:
        send_again(project, run)
    project.all_is_there_once()
    same_partition(project)


def send_again(project, run):
    """An undelivered event may have arrived, its answer lost: then it is there once. The others are sent as the README says."""
    certain = Counter(event["event_id"] for event in project.delivered)
    ids = project.ids()
    assert max(ids.values()) == 1, [event for event, count in ids.items() if count > 1][:3]
    with open(run.undelivered_path) as file:
        lines = [line for line, event in zip(file, run.undelivered()) if event["event_id"] not in ids]
    assert not any(event["event_id"] in certain for event in run.undelivered()), f"{run.language}: both delivered and not"
    project.freshet.run("produce", "events", "--key-field", "user_id", stdin="".join(lines))
    project.delivered += run.undelivered()


def sre_errors():
    """The other template's producers: their unit tests, and its view."""
    with Project("sre-errors") as project:
        unit_tests(project)
        for run in project.run_all("--count", 500, "--rate", 0):
            delivered = run.finish(0)
            assert len(delivered) == 500, run.language
            project.delivered += delivered
        errors = Counter()
        for event in project.delivered:
            errors[event["ts"].replace("T", " ")[:18] + "0", event["service"]] += event["level"] == "error"
        expected = sorted([*key, str(count)] for key, count in errors.items())
        eventually(lambda: sorted(project.freshet.query(
            "SELECT bucket, service, sum(error_count) FROM svc_errors_10s GROUP BY ALL")), expected)
        assert sum(errors.values()) > 0
        assert project.freshet.query("SELECT count(), uniqExact(event_id) FROM logs") == [["2000", "2000"]]


def scenario(name, function, *arguments):
    started = time.monotonic()
    fault = ""
    try:
        function(*arguments)
    except Exception:  # of whatever kind: the other scenarios still run
        fault = "\n" + traceback.format_exc()
    print(f"{'FAILED' if fault else 'ok    '} {name} ({time.monotonic() - started:.1f} s){fault}", flush=True)
    return not fault


def main():
    chosen = sys.argv[1:]
    results = []
    scenarios = [by_count, python_reader_goes_away, wrong_arguments, stopped_in_the_middle, broker_restarts, broker_stays_away]
    with Project("telemetry") as project:
        for function in [unit_tests, *(s for s in scenarios if not chosen or s.__name__ in chosen)]:
            results.append(scenario(function.__name__, function, project))
            if function is unit_tests and not results[-1]:
                break
        if not all(results):
            print(project.freshet.log_tail())
    if not chosen or "sre_errors" in chosen:
        results.append(scenario("sre_errors", sre_errors))
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
