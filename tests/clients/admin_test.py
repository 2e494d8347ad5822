#!/usr/bin/env python3
"""Topics made, shown and deleted, and offsets by time, as clients and Apache Kafka's own tools ask for them."""
import sys

from programs import CLIENTS, HERE, JAVA, PYTHON, finish, run_cases, run_client
from freshet import Freshet


def python(freshet, client):
    run_client([PYTHON, f"{HERE}/python/offsets_and_topics.py", client, freshet.kafka, f"admin-{client}"])


def java_tools(freshet):
    tool = lambda name, *words: run_client([*JAVA, f"org.apache.kafka.tools.{name}", "--bootstrap-server", freshet.kafka, *words])
    tool("TopicCommand", "--create", "--topic", "admin-java", "--partitions", "3", "--replication-factor", "1")
    lines = "".join(f"k{number}\tv{number}\n" for number in range(100))
    run_client(CLIENTS["java"].produce(freshet.kafka, "admin-java"), lines)
    offsets = lambda time: sum(int(line.split(":")[2] or 0) for line in tool("GetOffsetShell", "--topic", "admin-java", "--time", time).split())
    assert offsets("latest") == 100, offsets("latest")
    assert offsets("earliest") == 0
    assert offsets("1") == 0, "the first record after 1970"
    largest = tool("GetOffsetShell", "--topic", "admin-java", "--time", "max-timestamp").split()
    assert len(largest) == 3 and all(int(line.split(":")[2]) >= 0 for line in largest), largest
    tool("TopicCommand", "--delete", "--topic", "admin-java")
    assert "admin-java" not in tool("TopicCommand", "--list").split()


def kcat(freshet):
    run_client(CLIENTS["kcat"].produce(freshet.kafka, "admin-kcat"), "k\tv\n")
    listed = run_client(["kcat", "-L", "-b", freshet.kafka, "-t", "admin-kcat"])
    assert "with 4 partitions" in listed, listed
    ends = run_client(["kcat", "-Q", "-b", freshet.kafka] + [word for number in range(4) for word in ("-t", f"admin-kcat:{number}:-1")])
    assert sorted(line.split()[-1] for line in ends.splitlines()) == ["0", "0", "0", "1"], ends


def main():
    with Freshet("telemetry") as freshet:
        freshet.start()
        return finish(freshet, *run_cases([("Java tools", lambda: java_tools(freshet)), ("kcat", lambda: kcat(freshet)),
                                           ("confluent", lambda: python(freshet, "confluent")),
                                           ("kafka-python", lambda: python(freshet, "kafka_python"))], 2))


if __name__ == "__main__":
    sys.exit(main())
