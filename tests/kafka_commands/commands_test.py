#!/usr/bin/env python3
"""Apache Kafka's own command lines against the embedded broker, held against what they print with Apache Kafka (README.md).

commands_test.py [NAME…]                          the transcripts of that name; all when none is named (NAME_long with FRESHET_LONG)
commands_test.py --record HOST:PORT [NAME…]       writes into the transcripts what Kafka at that address makes them print
"""
import difflib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import transcript

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests/harness"))
from freshet import Freshet  # noqa: E402

DEPS = os.path.join(ROOT, "build/deps")
STEP_S = 300 if os.environ.get("FRESHET_LONG") else 60
# Needs a JVM of its own: the rest of its work is done when that ends.
ALONE = {"kafka-verifiable-producer": "org.apache.kafka.tools.VerifiableProducer"}
# Where the broker's address stands when it is not `--bootstrap-server` right behind the command.
NO_ADDRESS = ("member", "leave", "records", "file", "kafka-e2e-latency")


def java(*words):
    jars = f"{DEPS}/kafka_driver{os.pathsep}{DEPS}/kafka/*"
    return ["java", "-Xmx256m", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Duser.timezone=UTC", "-Duser.language=en", "-Dfile.encoding=UTF-8",
            "-cp", jars, *words]


class Driver:
    """Kafka's commands in one JVM (Driver.java)."""

    def __init__(self, broker):
        self.broker = broker
        self.process = subprocess.Popen(java("Driver", broker), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, words, stdin):
        """What the command printed, its exit code in a last line when that is not 0."""
        address = [] if words[0] in NO_ADDRESS or self.broker in " ".join(words) else ["--bootstrap-server", self.broker]
        if words[0] in ALONE:
            result = subprocess.run(java(ALONE[words[0]], *address, *words[1:]), capture_output=True, text=True, timeout=STEP_S)
            return result.stdout + (f"\nexit code {result.returncode}" if result.returncode else "")
        request = {"argv": [words[0], *address, *words[1:]], "stdin": "".join(line + "\n" for line in stdin)}
        watchdog = threading.Timer(STEP_S, self.process.kill)
        watchdog.start()
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        watchdog.cancel()
        if not line:
            return f"(no answer in {STEP_S} s, or the JVM has ended)"
        answer = json.loads(line)
        return answer["output"] + (f"\nexit code {answer['status']}" if answer["status"] else "")

    def stop(self):
        self.process.kill()
        self.process.wait()


def run_step(step, driver, folder):
    words, filters = step.words({"broker": driver.broker, "folder": folder})
    if words[0] == "file":
        with open(os.path.join(folder, words[1]), "w") as file:
            file.write("".join(line + "\n" for line in step.stdin))
        return []
    return transcript.comparable(driver.run(words, step.stdin), filters)


def run_transcript(name, broker, record):
    """Runs one transcript in order; prints its faults. Returns (passed, failed)."""
    path = os.path.join(HERE, name + ".commands")
    steps, rest = transcript.read(path)
    failed = 0
    started = time.monotonic()
    driver = Driver(broker)
    try:
        with tempfile.TemporaryDirectory() as folder:
            for step in steps:
                began = time.monotonic()
                output = run_step(step, driver, folder)
                if record:
                    step.output = output
                elif output != step.expected():
                    failed += 1
                    difference = "\n".join(difflib.unified_diff(step.expected(), output, "expected", "printed", lineterm="", n=1))
                    print(f"FAILED {name}: {step.line}\n{difference}", flush=True)
                if os.environ.get("SHOW_TIMES"):
                    print(f"{time.monotonic() - began:6.2f} s {step.line}", flush=True)
    finally:
        driver.stop()
    if record:
        transcript.write(path, steps, rest)
    print(f"{'FAILED' if failed else 'ok    '} {name}: {len(steps)} commands ({time.monotonic() - started:.1f} s)", flush=True)
    return len(steps) - failed, failed


def run_all(names, broker, record=False):
    names = names or sorted(file[:-9] for file in os.listdir(HERE) if file.endswith(".commands")
                            and (os.environ.get("FRESHET_LONG") or not file.endswith("_long.commands")))
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda name: run_transcript(name, broker, record), names))
    return sum(passed for passed, _ in results), sum(failed for _, failed in results)


def main():
    words = sys.argv[1:]
    if words[:1] == ["--record"]:
        run_all(words[2:], words[1], record=True)
        return 0
    with Freshet("telemetry") as freshet:
        freshet.start()
        passed, failed = run_all(words, freshet.kafka)
        if failed:
            print(freshet.log_tail())
        print(f"{passed} passed, {failed} failed")
        return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
