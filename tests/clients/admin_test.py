#!/usr/bin/env python3
"""Topics made, shown and deleted, and offsets by time, as clients and Apache Kafka's own tools ask for them."""
import json
import sys
import tempfile

from programs import CLIENTS, HERE, JAVA, PYTHON, finish, run_cases, run_client
from freshet import Freshet


def python(freshet, client):
    run_client([PYTHON, f"{HERE}/python/offsets_and_topics.py", client, freshet.kafka, f"admin-{client}"])


def every_call(freshet):
    run_client([PYTHON, f"{HERE}/python/admin.py", freshet.kafka, "admin-calls"])


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
    describe_and_change(freshet, tool)
    tool("TopicCommand", "--delete", "--topic", "admin-java")
    assert "admin-java" not in tool("TopicCommand", "--list").split()


def describe_and_change(freshet, tool):
    """What Kafka's tools print of a single node."""
    described = tool("TopicCommand", "--describe", "--topic", "admin-java")
    assert "PartitionCount: 3\tReplicationFactor: 1" in described and "Leader: 1\tReplicas: 1\tIsr: 1" in described, described
    tool("TopicCommand", "--alter", "--topic", "admin-java", "--partitions", "4")
    assert "PartitionCount: 4" in tool("TopicCommand", "--describe", "--topic", "admin-java")
    config = lambda *words: run_client([*JAVA, "kafka.admin.ConfigCommand", "--bootstrap-server", freshet.kafka, "--entity-type", "topics",
                                        "--entity-name", "admin-java", *words])
    config("--alter", "--add-config", "retention.ms=7200000,max.message.bytes=500000")
    config("--alter", "--delete-config", "max.message.bytes")
    shown = config("--describe")
    assert "retention.ms=7200000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=7200000" in shown, shown
    assert "max.message.bytes" not in shown, shown
    assert "compression.type=producer" in config("--describe", "--all")
    sizes = run_client([*JAVA, "org.apache.kafka.tools.LogDirsCommand", "--bootstrap-server", freshet.kafka, "--describe", "--topic-list", "admin-java"])
    logs = json.loads(sizes.splitlines()[-1])["brokers"][0]["logDirs"][0]["partitions"]
    assert len(logs) == 4 and sum(log["size"] for log in logs) > 0, sizes
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"partitions": [{"topic": "admin-java", "partition": 0, "offset": 1}], "version": 1}, file)
        file.flush()
        deleted = run_client([*JAVA, "org.apache.kafka.tools.DeleteRecordsCommand", "--bootstrap-server", freshet.kafka,
                              "--offset-json-file", file.name])
    assert "low_watermark: 1" in deleted, deleted
    groups = lambda *words: run_client([*JAVA, "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "--bootstrap-server", freshet.kafka, *words])
    reset = groups("--group", "g-java", "--topic", "admin-java", "--reset-offsets", "--to-latest", "--execute")
    assert sum(int(line.split()[-1]) for line in reset.splitlines() if "admin-java" in line) == 100, reset
    assert "g-java" in groups("--list").split() and "g-java" in groups("--list", "--state", "Empty"), groups("--list", "--state")
    lag = groups("--describe", "--group", "g-java")
    assert sum(int(line.split()[5]) for line in lag.splitlines() if line.startswith("g-java")) == 0, lag
    deleted = groups("--delete-offsets", "--group", "g-java", "--topic", "admin-java")
    assert deleted.count("Successful") == 4, deleted
    groups("--group", "g-java", "--topic", "admin-java", "--reset-offsets", "--to-earliest", "--execute")
    assert "was successful" in groups("--delete", "--group", "g-java")
    assert "g-java" not in groups("--list").split()


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
                                           ("confluent, every call", lambda: every_call(freshet)),
                                           ("kafka-python", lambda: python(freshet, "kafka_python"))], 2))


if __name__ == "__main__":
    sys.exit(main())
