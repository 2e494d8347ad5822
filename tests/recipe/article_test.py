#!/usr/bin/env python3
"""The article that Freshet's examples follow, statement by statement: every numbered statement of docs/recipe.md is executed
against a running project. article_test.py [NUMBER…]

Document and tests hold each other: each number has a test or is marked as advice, each test a number; the errors that a
statement names are those that its test saw, and its ```sql blocks are what the test ran."""
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import statement
from statement import ROOT, STATEMENTS, ClickHouseError, Statement, eventually, event, read_document
from freshet import Freshet
import before_tables, kafka_engine, operations, tables  # noqa: E401, F401: they fill STATEMENTS

AT_ONCE = 6
HERE = os.path.dirname(os.path.abspath(__file__))


def add_logs(freshet):
    """The other template's stream and queries, so that one project serves every statement."""
    other = os.path.join(freshet.base, "other", "shop")
    subprocess.run([freshet.program, "init", "--template", "sre-errors", other], check=True, capture_output=True, timeout=30)
    for folder, name in (("streams", "logs.yaml"), ("views", "svc_errors_10s.sql"), ("queries", "errors_5m.sql")):
        shutil.copy(os.path.join(other, folder, name), os.path.join(freshet.folder, folder, name))
    with open(os.path.join(freshet.folder, "freshet.yaml"), "a") as file:
        file.write("engine:     {kafka_tables: true}\n")


def refusals(freshet):
    """What `up` says of the files in refused/: {file name: its error}. Stream and views apart: a stream's fault comes first."""
    found = {}
    for kind in ("streams", "views"):
        folder = os.path.join(freshet.base, f"refused-{kind}")
        subprocess.run([freshet.program, "init", folder], check=True, capture_output=True, timeout=30)
        shutil.copytree(os.path.join(HERE, "refused", kind), os.path.join(folder, kind), dirs_exist_ok=True)
        done = subprocess.run([freshet.program, "-C", folder, "up", "--ports", "free"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 1, f"{done.returncode}: {done.stdout}{done.stderr}"
        for line in done.stderr.splitlines():
            if match := re.match(rf"error: FR\d+ {kind}/([\w.]+)[: ]", line):
                found[match.group(1)] = found.get(match.group(1), "") + line + "\n"
        missing = set(os.listdir(os.path.join(HERE, "refused", kind))) - set(found)
        assert not missing, f"{missing} were not refused:\n{done.stderr}"
    return found


def add_a_view(freshet):
    """A view that is added after its events, for statement 36: it must be filled from them."""
    records = [("k", event(number, project="backfill")) for number in range(3)]
    Statement(statement.Section(0, "", ""), freshet).produce("events", records)
    eventually(lambda: freshet.query("SELECT count() FROM events WHERE project = 'backfill'"), [["3"]])
    freshet.kill(signal.SIGTERM)
    with open(os.path.join(freshet.folder, "views/added_later.sql"), "w") as file:
        file.write("CREATE MATERIALIZED VIEW added_later ENGINE = SummingMergeTree\nORDER BY (project, day) TTL day + INTERVAL 3650 DAY\n"
                   "AS SELECT project, toDate(ts) AS day, count() AS total FROM events GROUP BY project, day\n")
    freshet.start()


def run_one(section, freshet):
    """The fault of a statement's test, or nothing."""
    test = Statement(section, freshet)
    try:
        STATEMENTS[section.number](test)
        only_told, only_seen = section.errors - test.errors, test.errors - section.errors
        assert not only_told, f"docs/recipe.md names {sorted(only_told)}, which the test never saw"
        assert not only_seen, f"the test saw {sorted(only_seen)}, which docs/recipe.md does not name"
        assert test.used_blocks == len(section.blocks), f"{len(section.blocks)} sql blocks, {test.used_blocks} run"
    except (AssertionError, ClickHouseError, OSError, subprocess.SubprocessError, LookupError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        try:
            test.clean()
        except (ClickHouseError, OSError) as error:
            print(f"        {section.number}: cannot clean up: {error}")
    return ""


def document_faults(sections):
    """Where the document and the tests do not fit."""
    numbers = [section.number for section in sections]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"the statements of docs/recipe.md are not numbered 1, 2, 3 …: {numbers}"
    for section in sections:
        if section.advice and (section.number in STATEMENTS or section.errors or section.blocks):
            yield f"{section.number}. is marked as advice, but has a test, an error or an sql block"
        if not section.advice and section.number not in STATEMENTS:
            yield f"{section.number}. {section.title}: has no test and is not marked (advice)"
    for number in sorted(set(STATEMENTS) - set(numbers)):
        yield f"{STATEMENTS[number].__name__} tests statement {number}, which docs/recipe.md does not have"


def main():
    sections = read_document()
    wanted = {int(word) for word in sys.argv[1:]}
    faults = list(document_faults(sections))
    print(f"{'FAILED' if faults else 'ok    '} docs/recipe.md and its tests have the same numbers", *faults, sep="\n    ")
    passed, failed = int(not faults), int(bool(faults))
    with Freshet("telemetry") as freshet:
        add_logs(freshet)
        with ThreadPoolExecutor(1) as aside:
            refused = aside.submit(refusals, freshet)
            freshet.start()
            add_a_view(freshet)
            freshet.refusals = refused.result()

        def timed(section):
            started = time.monotonic()
            fault = run_one(section, freshet)
            print(f"{'FAILED' if fault else 'ok    '} {section.number:2} {section.title} ({time.monotonic() - started:.1f} s) {fault}", flush=True)
            return fault
        tested = [section for section in sections if section.number in STATEMENTS and (not wanted or section.number in wanted)]
        # The slow one first: it waits.
        tested.sort(key=lambda section: section.number != 30)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            outcome = list(pool.map(timed, tested))
        failed += sum(1 for fault in outcome if fault)
        passed += sum(1 for fault in outcome if not fault)
        if failed:
            print(freshet.log_tail())
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
