#!/usr/bin/env python3
"""kcat's modes, as its manual has them: -L, -Q, -P, -C with formats and starting points, -G."""
import json
import re
import sys

from programs import finish, run_cases, run_client
from freshet import Freshet

DAY_MS = 1767225600000  # 1 January 2026


def kcat(freshet, *words, stdin=""):
    return run_client(["kcat", "-b", freshet.kafka, *words], stdin)


def lists_the_cluster(freshet):
    freshet.run("topics", "create", "kcat-l", "--partitions", "3")
    text = kcat(freshet, "-L")
    assert re.search(rf"^ 1 brokers:\n  broker 1 at {freshet.kafka} \(controller\)$", text, re.M), text
    text = kcat(freshet, "-L", "-t", "kcat-l")
    assert '  topic "kcat-l" with 3 partitions:\n    partition 0, leader 1, replicas: 1, isrs: 1\n' in text, text
    listed = json.loads(kcat(freshet, "-L", "-J", "-t", "kcat-l"))
    assert listed["controllerid"] == 1 and listed["brokers"] == [{"id": 1, "name": freshet.kafka}], listed
    assert [one["partition"] for one in listed["topics"][0]["partitions"]] == [0, 1, 2], listed


def asks_for_offsets(freshet):
    freshet.run("topics", "create", "kcat-q", "--partitions", "2", "--config", "retention.ms=-1")
    for number in range(4):
        kcat(freshet, "-P", "-t", "kcat-q", "-p", "1", stdin=f"v{number}\n")
    for time, offset in (("-1", 4), ("-2", 0), ("1", 0), ("99999999999999", -1)):
        answer = kcat(freshet, "-Q", "-t", f"kcat-q:1:{time}")
        assert answer == f"kcat-q [1] offset {offset}\n", answer
    both = kcat(freshet, "-Q", "-t", "kcat-q:0:-1", "-t", "kcat-q:1:-1")
    assert sorted(both.splitlines()) == ["kcat-q [0] offset 0", "kcat-q [1] offset 4"], both


def produces_and_consumes(freshet):
    topic = "kcat-pc"
    freshet.run("topics", "create", topic, "--partitions", "2")
    kcat(freshet, "-P", "-t", topic, "-p", "0", "-K", ":", "-H", "trace=42", "-H", "empty=", stdin="a:1\nb:2\nc:3\n")
    kcat(freshet, "-P", "-t", topic, "-p", "1", "-k", "fixed", "-D", ";", stdin="one;three;")
    kcat(freshet, "-P", "-t", topic, "-p", "1", "-z", "zstd", "-X", "acks=all", "-c", "1", stdin="packed\nnever sent\n")
    read = lambda *words: kcat(freshet, "-C", "-q", "-t", topic, *words)
    def reads(wanted, *words):
        output = read(*words)
        assert output == wanted, f"{words}: {output!r}, expected {wanted!r}"

    reads("".join(f"{topic} 0 {offset} {key}={offset + 1} (1,1) trace=42,empty=\n" for offset, key in enumerate("abc")),
          "-p", "0", "-e", "-f", "%t %p %o %k=%s (%K,%S) %h\n")
    reads("0 fixed one|1 fixed three|2 NULL packed|", "-p", "1", "-e", "-o", "beginning", "-Z", "-f", "%o %k %s|")
    reads("3\n", "-p", "0", "-e", "-o", "-1")
    reads("2\n", "-p", "0", "-c", "1", "-o", "1")
    reads("", "-p", "0", "-o", "end", "-e")
    reads("1\n2\n3\n", "-p", "0", "-o", f"s@{DAY_MS}", "-o", "e@99999999999999", "-e")
    first = json.loads(read("-p", "0", "-c", "1", "-o", "beginning", "-J"))
    assert (first["topic"], first["partition"], first["offset"], first["key"], first["payload"]) == (topic, 0, 0, "a", "1"), first
    assert first["headers"] == ["trace", "42", "empty", ""] and first["tstype"] == "create" and first["broker"] == 1, first
    assert sorted(read("-e", "-f", "%s\n").split()) == sorted(["1", "2", "3", "one", "three", "packed"]), "all partitions"


def reads_in_groups(freshet):
    """-G in two sessions: the second goes on where the first was; two topics at once."""
    for topic in ("kcat-g1", "kcat-g2"):
        freshet.run("topics", "create", topic, "--partitions", "2")
        kcat(freshet, "-P", "-t", topic, stdin="".join(f"{topic} {number}\n" for number in range(5)))
    read = lambda count: kcat(freshet, "-q", "-X", "auto.offset.reset=earliest", "-c", str(count), "-f", "%s\n", "-G", "kcat-group", "kcat-g1", "kcat-g2")
    lines = read(4).splitlines() + read(6).splitlines()
    assert sorted(lines) == sorted(f"{topic} {number}" for topic in ("kcat-g1", "kcat-g2") for number in range(5)), lines


def main():
    with Freshet("telemetry") as freshet:
        freshet.start()
        return finish(freshet, *run_cases([(case.__name__, lambda case=case: case(freshet)) for case in
                                           (lists_the_cluster, asks_for_offsets, produces_and_consumes, reads_in_groups)], 2))


if __name__ == "__main__":
    sys.exit(main())
