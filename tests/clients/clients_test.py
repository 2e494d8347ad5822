#!/usr/bin/env python3
"""Every client feeds a whole `freshet up` and reads from it (README.md). clients_test.py [CLIENT…]"""
import json
import os
import random
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from freshet import Freshet, eventually

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
DEPS = os.path.join(ROOT, "build/deps")
EVENTS = 1000
WORDS = 300
CLIENT_S = 90

PYTHON = os.path.join(DEPS, "venv/bin/python3")
JAVA = ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", os.path.join(DEPS, "kafka/*")]


def program(*start):
    return (lambda broker, topic: [*start, "produce", broker, topic],
            lambda broker, topic, group, count: [*start, "consume", broker, topic, group, str(count)])


CLIENTS = {
    "confluent": program(PYTHON, f"{HERE}/python/confluent.py"),
    "kafka_python": program(PYTHON, f"{HERE}/python/kafka_python.py"),
    "aiokafka": program(PYTHON, f"{HERE}/python/aiokafka_client.py"),
    "kafkajs": program("node", f"{HERE}/node/kafkajs_client.js"),
    "franz": program(f"{DEPS}/go/franz"),
    "sarama": program(f"{DEPS}/go/sarama"),
    "kcat": (lambda broker, topic: ["kcat", "-P", "-b", broker, "-t", topic, "-K", "\t"],
             lambda broker, topic, group, count: ["kcat", "-q", "-b", broker, "-X", "auto.offset.reset=earliest", "-c", str(count),
                                                  "-f", "%k\t%s\n", "-G", group, topic]),
    "java": (lambda broker, topic: [*JAVA, "org.apache.kafka.tools.ConsoleProducer", "--bootstrap-server", broker, "--topic", topic,
                                    "--property", "parse.key=true"],
             lambda broker, topic, group, count: [*JAVA, "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", broker,
                                                  "--topic", topic, "--group", group, "--from-beginning", "--max-messages", str(count),
                                                  "--property", "print.key=true"]),
}


def run_client(argv, stdin=""):
    environment = {**os.environ, "KAFKAJS_NO_PARTITIONER_WARNING": "1", "NODE_PATH": f"{DEPS}/node/node_modules", "NODE_NO_WARNINGS": "1"}
    result = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=CLIENT_S, env=environment)
    if result.returncode != 0:
        raise AssertionError(f"{argv}: exit code {result.returncode}\n{result.stdout[-500:]}\n{result.stderr[-2000:]}")
    return result.stdout


def make_events(client, seed):
    """Lines for the client, and what events_minute must say: calculated here, never by Freshet. Amounts are whole quarters, so
    that their sums are exact in any order."""
    chance = random.Random(seed)
    lines, sums = [], {}
    for number in range(EVENTS):
        minute, second = chance.randrange(5), chance.randrange(60)
        action, quarters = chance.choice(["view", "cart", "checkout"]), chance.randrange(1, 400)
        event = {"event_id": f"{client}-{number}", "ts": f"2026-01-18T12:{minute:02}:{second:02}Z", "user_id": f"u-{chance.randrange(50)}",
                 "project": client, "action": action, "amount": quarters / 4}
        lines.append(f"{event['user_id']}\t{json.dumps(event)}\n")
        total = sums.setdefault((f"2026-01-18 12:{minute:02}:00", action), [0, 0.0])
        total[0] += 1
        total[1] += quarters / 4
    return "".join(lines), sorted([*key, count, amount] for key, (count, amount) in sums.items())


def feeds_the_views(freshet, name):
    lines, expected = make_events(name, name)
    run_client(CLIENTS[name][0](freshet.kafka, "events"), lines)

    def views():
        rows = freshet.query(f"SELECT agg_minute, action, total_count, total_amount FROM events_minute WHERE project = '{name}' "
                             "ORDER BY agg_minute, action")
        return [[minute, action, int(count), float(amount)] for minute, action, count, amount in rows]

    eventually(views, expected)
    assert freshet.query(f"SELECT count(), uniqExact(event_id) FROM events WHERE project = '{name}'") == [[str(EVENTS)] * 2]


def reads_in_a_group(freshet, name):
    topic = f"words-{name}"
    freshet.run("topics", "create", topic, "--partitions", "3")
    lines = [f"k{number}\tword number {number}" for number in range(WORDS)]
    run_client(CLIENTS[name][0](freshet.kafka, topic), "".join(line + "\n" for line in lines))
    output = run_client(CLIENTS[name][1](freshet.kafka, topic, f"group-{name}", WORDS))
    assert sorted(output.splitlines()) == sorted(lines), f"{len(output.splitlines())} lines, expected {WORDS}: {output[:300]}"


def article(freshet, _):
    run_client([PYTHON, f"{HERE}/python/article.py", freshet.kafka])
    eventually(lambda: freshet.query("SELECT agg_minute, project, action, total_count, total_amount FROM events_minute WHERE project = 'billing'"),
               [["2026-01-18 12:34:00", "billing", "checkout", "1", "29.99"]])


def main():
    names = sys.argv[1:] or ["article", *CLIENTS]
    passed = failed = 0
    with Freshet("telemetry") as freshet:
        freshet.start()
        for name in names:
            for test in [article] if name == "article" else [feeds_the_views, reads_in_a_group]:
                started = time.monotonic()
                fault = ""
                try:
                    test(freshet, name)
                    passed += 1
                except (AssertionError, subprocess.SubprocessError, OSError) as error:
                    fault = str(error)
                    failed += 1
                print(f"{'FAILED' if fault else 'ok    '} {name} {test.__name__} ({time.monotonic() - started:.1f} s) {fault}", flush=True)
        if failed:
            print(freshet.log_tail())
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
