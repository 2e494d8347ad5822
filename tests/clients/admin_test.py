#!/usr/bin/env python3
"""The clients' administrative calls: topics, settings, partitions, offsets, groups, records. More of Java's are in
tests/kafka_commands."""
import sys

from programs import ADMINS, HERE, PYTHON, finish, run_cases, run_client
from freshet import Freshet

# Sarama speaks the protocol of the version that it is told: one generation of requests each. Before 1.1 it asks DescribeConfigs in
# version 0, which Kafka 4 has not either.
SARAMA = [["version=1.1.0"], ["version=2.1.0"], ["version=2.8.0"], ["version=3.6.0"], ["version=newest"]]


def python(freshet, client):
    run_client([PYTHON, f"{HERE}/python/offsets_and_topics.py", client, freshet.kafka, f"admin-{client}"])


def every_call(freshet):
    run_client([PYTHON, f"{HERE}/python/admin.py", freshet.kafka, "admin-calls"])


def admin(freshet, name, *options):
    topic = "-".join(["admin-calls", name, *(option.replace("=", "-") for option in options)])
    output = run_client([*ADMINS[name], "admin", freshet.kafka, topic, *options])
    assert output == "admin ok\n", output


def main():
    with Freshet("telemetry") as freshet:
        freshet.start()
        cases = [(f"{name} {' '.join(options)}", lambda name=name, options=options: admin(freshet, name, *options))
                 for name in ADMINS for options in (SARAMA if name == "sarama" else [[]])]
        cases += [("confluent", lambda: python(freshet, "confluent")), ("confluent, every call", lambda: every_call(freshet)),
                  ("kafka-python", lambda: python(freshet, "kafka_python"))]
        return finish(freshet, *run_cases(cases, 2))


if __name__ == "__main__":
    sys.exit(main())
