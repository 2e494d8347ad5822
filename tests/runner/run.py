#!/usr/bin/env python3
"""Runs the steps of steps.py one after the other, prints what failed with its output, and counts every test."""
import argparse
import json
import os
import re
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import processes
import steps

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COUNTS = re.compile(r"^(\d+) passed, (\d+) failed\b")


def counts_of(outcome):
    """(passed, failed) of one program: gtest's JSON, or its own last line "N passed, N failed", or its exit code."""
    passed = failed = 0
    path = outcome.command.results_file
    if path and os.path.exists(path):
        with open(path) as file:
            report = json.load(file)
        failed = report["failures"] + report.get("errors", 0)
        passed = report["tests"] - failed - report.get("disabled", 0)
    else:
        for line in reversed(outcome.output.strip().splitlines()[-5:]):
            found = COUNTS.match(line)
            if found:
                passed, failed = int(found.group(1)), int(found.group(2))
                break
    if outcome.ok and passed + failed == 0:
        passed = 1
    if not outcome.ok and failed == 0:
        failed = 1  # it crashed, or ran out of time: what it had passed before still counts
    return passed, failed


class Report:
    def __init__(self):
        self.passed = self.failed = 0
        self.failures = []
        self.times = []

    def add(self, step, outcome):
        passed, failed = counts_of(outcome)
        if outcome.command.results_file is None and outcome.command.name in steps.NOT_TESTS and outcome.ok:
            passed = 0  # a build or a configuration is no test, but a failed one is a failure
        self.passed += passed
        self.failed += failed
        if failed:
            self.failures.append(f"{step}: {outcome.command.name}")
            lines = outcome.output.splitlines()
            print(f"---- {step}: {outcome.command.name} failed (exit code {outcome.exit_code}), its output:")
            if len(lines) > 400:
                print(f"... {len(lines) - 400} lines before these")
            print("\n".join(lines[-400:]))
            print("----")
        verdict = "FAILED" if failed else "ok"
        print(f"  {verdict:6} {outcome.command.name}: {passed} passed, {failed} failed, {outcome.seconds:.1f} s", flush=True)
        return failed == 0


def run_step(step, context, report):
    print(f"== {step.name}: {step.about}", flush=True)
    started = time.monotonic()
    before = report.failed
    for group in step.commands(context):
        clean = True

        def took(outcome):
            nonlocal clean
            clean = report.add(step.name, outcome) and clean

        processes.run_all(group.commands, group.jobs, took)
        if not clean and group.needed:
            break  # what follows cannot work without it
    seconds = time.monotonic() - started
    report.times.append((step.name, seconds))
    print(f"== {step.name}: {'FAILED' if report.failed > before else 'ok'} after {seconds:.0f} s", flush=True)
    return report.failed == before


def main():
    parser = argparse.ArgumentParser(prog="./run-tests")
    parser.add_argument("--long", action="store_true", help="a night's work instead of 45 minutes")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these steps")
    parser.add_argument("--list", action="store_true", help="names the steps")
    parser.add_argument("--jobs", type=int, default=max(2, os.cpu_count() or 2))
    parser.add_argument("--install-seconds", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.chdir(ROOT)
    chosen = [step for step in steps.STEPS if options.long or not step.long_only]
    if options.list:
        for step in steps.STEPS:
            print(f"{step.name:18} {step.about}{'  (--long)' if step.long_only else ''}")
        return 0
    if options.only:
        unknown = [name for name in options.only if name not in [step.name for step in steps.STEPS]]
        if unknown:
            parser.error(f"no step is called {', '.join(unknown)}; ./run-tests --list names them")
        chosen = [step for step in steps.STEPS if step.name in options.only]
    os.makedirs("build/test-results", exist_ok=True)

    report = Report()
    if options.install_seconds:
        report.times.append(("install", options.install_seconds))
    context = steps.Context(ROOT, options.long, options.jobs)
    started = time.monotonic()
    for step in chosen:
        if not run_step(step, context, report) and step.name == "build":
            print("the build failed: nothing else can run")
            break
    print("\ntimes:", ", ".join(f"{name} {seconds:.0f} s" for name, seconds in report.times),
          f"- {(time.monotonic() - started + options.install_seconds) / 60:.1f} minutes in all")
    for failure in report.failures:
        print("FAILED", failure)
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed or report.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
