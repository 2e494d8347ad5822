#!/usr/bin/env python3
"""Every query that `init` writes into queries/ is run with `freshet sql --file` in a live project with events, dead letters and
a Kafka table, and its answer compared with what this test knows. queries_test.py [QUERY…]"""
import json
import os
import signal
import subprocess
import sys
import time

from statement import QUICK, Section, Statement, eventually
from freshet import Freshet

QUERIES = {}  # (template, file name): function
NOW = time.time()
PROJECTS = {"billing": 40, "storefront": 25}   # events of each
SERVICES = {"api": (30, 12), "web": (20, 0)}   # events, errors of each


def query(name, *templates):
    def mark(function):
        for template in templates or ("telemetry", "sre-errors"):
            QUERIES[template, name] = function
        return function
    return mark


class Project:
    """A project of a template, with what was sent to it."""

    def __init__(self, freshet, template):
        self.freshet = freshet
        self.template = template
        self.stream = "events" if template == "telemetry" else "logs"
        self.sent = 0

    def answer(self, name):
        """Rows as {column: text}."""
        text = self.freshet.run("sql", "--format", "JSONEachRow", "--file", f"queries/{name}")
        return [json.loads(line) for line in text.splitlines()]

    def until(self, name, condition):
        """The answer, once it is as wanted."""
        found = []

        def right():
            found[:] = self.answer(name)
            return True if condition(found) else found
        eventually(right, True, 30)
        return found


def stamp(age_s):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(NOW - age_s)) + ".250Z"


def fill(project, helper):
    records = []
    if project.template == "telemetry":
        for name, count in PROJECTS.items():
            records += [(f"u-{n}", {"event_id": f"{name}-{n}", "ts": stamp(n % 50), "user_id": f"u-{n}", "project": name,
                                    "action": "view" if n % 2 else "cart", "amount": 0.5}) for n in range(count)]
        records.append(("u-1", {**records[1][1], "project": "again"}))
    else:
        for name, (count, errors) in SERVICES.items():
            records += [(name, {"event_id": f"{name}-{n}", "ts": stamp(n % 50), "service": name, "host": "h-1", "status": 500,
                                "level": "error" if n < errors else "info", "message": f"m-{n}"}) for n in range(count)]
        records.append(("api", {**records[-1][1], "service": "again"}))
    wrong = [("x", {"event_id": "wrong", "ts": "yesterday"}), ("x", {"event_id": "wrong", "ts": "tomorrow"}), ("x", "no JSON")]
    helper.produce(project.stream, records + wrong)
    project.sent = len(records)
    eventually(lambda: project.freshet.query(f"SELECT count() FROM {project.stream}"), [[str(project.sent)]])
    # A Kafka table in the project's own database, as a user would make it.
    helper.made, helper.database = True, "shop"
    helper.run(f"CREATE TABLE own_queue (event_id String) "
               f"{helper.kafka_engine(project.stream, **QUICK, kafka_handle_error_mode='stream')}")
    helper.run("CREATE TABLE own_rows (event_id String) ENGINE = MergeTree ORDER BY event_id")
    helper.run("CREATE MATERIALIZED VIEW own_mv TO own_rows AS SELECT event_id FROM own_queue WHERE _error = ''")


@query("recent_inserts.sql")
def recent_inserts(project):
    rows = project.until("recent_inserts.sql", lambda rows: {row["table"]: int(row["rows_inserted"]) for row in rows}
                         == {project.stream: project.sent, "dead_letters": 3})
    assert all(int(row["inserts"]) >= 1 and int(row["bytes_inserted"]) > 0 for row in rows), rows


@query("insert_rate.sql")
def insert_rate(project):
    rows = project.until("insert_rate.sql", lambda rows: sum(int(row["rows_inserted"]) for row in rows) == project.sent)
    assert all(row["stream"] == project.stream and 0 <= row["ms_p50"] <= row["ms_p99"] for row in rows), rows


@query("dead_letters.sql")
def dead_letters(project):
    rows = project.until("dead_letters.sql", lambda rows: sum(int(row["records"]) for row in rows) == 3)
    by_field = {row["field"]: row for row in rows}
    assert int(by_field["ts"]["records"]) == 2 and int(by_field[""]["records"]) == 1, rows
    assert by_field[""]["newest_value"] == "no JSON" and by_field["ts"]["newest_error"], rows


@query("parts.sql")
def parts(project):
    rows = {row["table"]: row for row in project.answer("parts.sql")}
    assert int(rows[project.stream]["rows_stored"]) == project.sent, rows
    assert int(rows[project.stream]["bytes_stored"]) > 0 and int(rows[project.stream]["parts"]) >= 1


@query("merges.sql")
def merges(project):
    """A mutation of a table whose merges are stopped is seen until its table goes."""
    helper = Statement(Section(0, "", ""), project.freshet)
    helper.made, helper.database = True, "shop"
    helper.run("CREATE TABLE own_waiting (n UInt8) ENGINE = MergeTree ORDER BY n")
    helper.run("INSERT INTO own_waiting VALUES (1)")
    helper.run("SYSTEM STOP MERGES shop.own_waiting")
    helper.run("ALTER TABLE own_waiting DELETE WHERE n = 1", mutations_sync=0)
    rows = project.until("merges.sql", lambda rows: any(row["kind"] == "mutation" for row in rows))
    assert all(row["kind"] in ("merge", "mutation") for row in rows), rows
    waiting = next(row for row in rows if row["kind"] == "mutation")
    assert waiting["table"] == "own_waiting" and waiting["failure"] == "" and waiting["seconds"] >= 0, rows
    helper.run("DROP TABLE own_waiting SYNC")
    project.until("merges.sql", lambda rows: all(row["table"] != "own_waiting" for row in rows))


@query("views.sql")
def views(project):
    expected = {"telemetry": ["events_10s", "events_1s", "events_minute"], "sre-errors": ["svc_errors_10s"]}[project.template]
    rows = project.answer("views.sql")
    assert [row["name"] for row in rows] == expected, rows
    assert all(row["state"] == "live" and row["stream"] == project.stream and row["storage"] == f"{row['name']}__v1" for row in rows), rows


@query("topics.sql")
def topics(project):
    rows = project.answer("topics.sql")
    assert [(row["topic"], row["epoch"]) for row in rows] == [(project.stream, 1)], rows


@query("errors.sql")
def errors(project):
    subprocess.run([project.freshet.program, "-C", project.freshet.folder, "sql", "SELECT nothing_of_this_name"], capture_output=True, timeout=30)
    row = next(row for row in project.answer("errors.sql") if row["name"] == "UNKNOWN_IDENTIFIER")
    assert row["code"] == 47 and "nothing_of_this_name" in row["last_message"], row


@query("kafka_consumers.sql")
def kafka_consumers(project):
    rows = project.until("kafka_consumers.sql", lambda rows: len(rows) == 1 and len(rows[0]["partitions"]) == 4)
    assert (rows[0]["database"], rows[0]["table"]) == ("shop", "own_queue"), rows


@query("offsets.sql")
def offsets(project):
    rows = project.until("offsets.sql", lambda rows: sum(int(row["rows_stored"]) + int(row["dead_letters"]) for row in rows) == project.sent + 3)
    assert all(row["whole"] == 1 for row in rows) and sum(int(row["dead_letters"]) for row in rows) == 3, rows


@query("duplicates.sql")
def duplicates(project):
    rows = project.answer("duplicates.sql")
    assert [(row["event_id"], int(row["times"])) for row in rows] == [("billing-1" if project.template == "telemetry" else "web-19", 2)], rows


@query("delay.sql")
def delay(project):
    rows = project.answer("delay.sql")
    assert sum(int(row["events"]) for row in rows) == project.sent, rows
    assert all(0 <= row["event_delay_ms_p50"] < 600_000 and row["ingest_ms_p99"] >= 0 for row in rows), rows


@query("last_5_minutes.sql", "telemetry")
def last_5_minutes(project):
    rows = project.until("last_5_minutes.sql", lambda rows: sum(int(row["events"]) for row in rows) == project.sent)
    counts = {(row["project"], row["action"]): (int(row["events"]), row["amount"]) for row in rows}
    assert counts["billing", "view"] == (20, 10) and counts["storefront", "cart"] == (13, 6.5), rows


@query("by_hour.sql", "telemetry")
def by_hour(project):
    rows = project.until("by_hour.sql", lambda rows: sum(int(row["events"]) for row in rows) == project.sent)
    assert sum(row["amount"] for row in rows if row["project"] == "billing") == 20, rows


@query("errors_5m.sql", "sre-errors")
def errors_5m(project):
    project.until("errors_5m.sql", lambda rows: [(row["service"], int(row["errors"])) for row in rows] == [("api", 12)])


@query("error_share.sql", "sre-errors")
def error_share(project):
    rows = {row["service"]: row for row in project.answer("error_share.sql")}
    assert int(rows["api"]["errors"]) == 12 and rows["api"]["percent"] == 40 and rows["web"]["percent"] == 0, rows


@query("last_errors.sql", "sre-errors")
def last_errors(project):
    rows = project.answer("last_errors.sql")
    assert len(rows) == 12 and all(row["service"] == "api" and row["host"] == "h-1" for row in rows), rows
    assert [row["ts"] for row in rows] == sorted((row["ts"] for row in rows), reverse=True), rows


def own_tables_survive_a_restart(project):
    """Tables of a user's own in the project's database: they are in nobody's way, and their Kafka table reads on."""
    freshet = project.freshet
    rows = "SELECT count() FROM own_rows"
    eventually(lambda: int(freshet.query(rows)[0][0]) >= project.sent, True)
    seen = int(freshet.query(rows)[0][0])
    freshet.kill(signal.SIGTERM)
    assert freshet.process.returncode == 0, freshet.process.returncode
    freshet.start()
    started = time.monotonic()
    Statement(Section(0, "", ""), freshet).produce(project.stream, [("k", {"event_id": "after", "ts": stamp(1)})])
    eventually(lambda: freshet.query(f"SELECT count() FROM {project.stream} WHERE event_id = 'after'"), [["1"]])
    eventually(lambda: freshet.query(f"{rows} WHERE event_id = 'after'"), [["1"]])
    assert time.monotonic() - started < 30, "the old session was waited for in its full length"
    assert int(freshet.query(rows)[0][0]) == seen + 1, "the Kafka table read something twice over an orderly restart"


def check(template, wanted):
    """(passed, failed) of one template's queries, all of which must have a test."""
    passed = failed = 0
    with Freshet(template) as freshet:
        with open(os.path.join(freshet.folder, "freshet.yaml"), "a") as file:
            file.write("engine:     {kafka_tables: true}\n")
        freshet.start()
        project = Project(freshet, template)
        fill(project, Statement(Section(0, "", ""), freshet))
        written = set(os.listdir(os.path.join(freshet.folder, "queries")))
        tested = {name for owner, name in QUERIES if owner == template}
        if written != tested:
            failed += 1
            print(f"FAILED {template}: queries/ and its tests differ: {sorted(written ^ tested)}")
        cases = [(f"queries/{name}", QUERIES[template, name]) for name in sorted(tested & written) if not wanted or name in wanted]
        for name, test in [*cases, ("own tables survive a restart", own_tables_survive_a_restart)]:
            try:
                test(project)
            except (AssertionError, OSError, LookupError, ValueError, StopIteration, subprocess.SubprocessError) as error:
                failed += 1
                print(f"FAILED {template}: {name}: {type(error).__name__}: {str(error)[:1500]}", flush=True)
            else:
                passed += 1
                print(f"ok     {template}: {name}", flush=True)
        if failed:
            print(freshet.log_tail())
    return passed, failed


def main():
    results = [check(template, sys.argv[1:]) for template in ("telemetry", "sre-errors")]
    passed, failed = (sum(numbers) for numbers in zip(*results))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
