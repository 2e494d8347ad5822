"""Statements 1-15: the claims, the architecture, the event, the producer."""
import collections
import json
import os
import subprocess
import time

from confluent_kafka import Producer

from statement import ROOT, eventually, event, says

PYTHON = os.path.join(ROOT, "build/deps/venv/bin/python3")
ARTICLE = os.path.join(ROOT, "tests/clients/python/article.py")


@says(1)
def within_a_second(s):
    started = time.monotonic()
    s.produce("events", [("u-1", event("latency", project="latency"))])
    eventually(lambda: s.freshet.query("SELECT total_count FROM events_1s WHERE project = 'latency'"), [["1"]], 10)
    seconds = time.monotonic() - started
    assert seconds < 5, f"{seconds:.1f} s until the event was in the view; a Kafka engine table takes up to 7.5 s"


@says(2)
def a_view_sees_one_block(s):
    s.run("CREATE TABLE raw (user_id String) ENGINE = MergeTree ORDER BY user_id")
    s.run("CREATE TABLE twice (user_id String, times UInt64) ENGINE = MergeTree ORDER BY user_id")
    s.run("CREATE MATERIALIZED VIEW mv TO twice AS SELECT user_id, count() AS times FROM raw GROUP BY user_id HAVING times >= 2")
    s.run("INSERT INTO raw VALUES ('u-1')")
    s.run("INSERT INTO raw VALUES ('u-1')")
    assert s.value("SELECT count() FROM raw") == "2"
    assert s.value("SELECT count() FROM twice") == "0", "the view saw both inserts together"
    s.run("INSERT INTO raw VALUES ('u-2'), ('u-2')")
    assert s.run("SELECT * FROM twice") == [["u-2", "2"]]
    s.saw("FR0600", s.freshet.refusals["having.sql"])
    assert "HAVING would see the partial sums of one insert" in s.freshet.refusals["having.sql"]


@says(3)
def json_today(s):
    s.produce("events", [("k", event("json", project="json"))])
    eventually(lambda: s.freshet.query("SELECT user_id, amount FROM events WHERE project = 'json'"), [["u-1000", "29.99"]])
    s.saw("FR0306", s.freshet.refusals["events.yaml"])
    assert "avro is not there yet" in s.freshet.refusals["events.yaml"]


@says(4)
def engine_has_the_kafka_engine(s):
    assert s.run("SELECT name FROM system.table_engines WHERE name = 'Kafka'") == [["Kafka"]]
    topic = s.topic("present")
    s.run(f"CREATE TABLE queue (event_id String) {s.kafka_engine(topic)}")
    s.refused(f"CREATE TABLE other (event_id String) {s.kafka_engine(topic)}", 497, "TABLE ENGINE ON Kafka", user="freshet_scratch")


@says(6)
def a_projection_writes_nowhere(s):
    s.run(f"CREATE TABLE queue (project String) {s.kafka_engine('events')}")
    s.refused("ALTER TABLE queue ADD PROJECTION p (SELECT project, count() GROUP BY project)", 48, "ADD_PROJECTION")
    s.run("CREATE TABLE raw (project String, amount Float64, PROJECTION p (SELECT project, sum(amount) GROUP BY project)) "
          "ENGINE = MergeTree ORDER BY project")
    s.refused("SELECT * FROM p", 60, "Unknown table expression identifier 'p'")


@says(8)
def version(s):
    assert s.value("SELECT version()") == "26.7.2.1"


@says(9)
def an_id_that_is_no_uuid(s):
    s.refused("SELECT toUUID('uuid-123')", 376, "Cannot parse uuid uuid-123")
    s.run("CREATE TABLE ids (event_id UUID) ENGINE = MergeTree ORDER BY event_id")
    s.run("""INSERT INTO ids FORMAT JSONEachRow {"event_id": "00112233-4455-6677-8899-aabbccddeeff"}""")
    assert s.value("SELECT event_id FROM ids") == "00112233-4455-6677-8899-aabbccddeeff"


@says(10)
def times_in_whole_seconds(s):
    assert s.run("SELECT parseDateTimeBestEffort('2026-01-18T12:34:56.789Z'), parseDateTime64BestEffort('2026-01-18T12:34:56.789Z', 3, 'UTC')") \
        == [["2026-01-18 12:34:56", "2026-01-18 12:34:56.789"]]
    s.produce("events", [("k", event("ms", project="ms", ts="2026-01-18T12:34:56.789Z"))])
    eventually(lambda: s.freshet.query("SELECT ts FROM events WHERE project = 'ms'"), [["2026-01-18 12:34:56.789"]])


@says(11)
def money_in_floats(s):
    assert s.run(s.block()) == [["0.9999999999999999", "1"]]
    assert s.value("SELECT toDecimal64('29.99', 4) * 3") == "89.97"


@says(12)
def the_producer_as_it_stands(s):
    before = int(s.freshet.query("SELECT count() FROM events WHERE event_id = 'uuid-123'")[0][0])
    subprocess.run([PYTHON, ARTICLE, s.freshet.kafka], check=True, timeout=60)
    # Statement 13 runs the same program beside this one.
    eventually(lambda: int(s.freshet.query("SELECT count() FROM events WHERE event_id = 'uuid-123'")[0][0]) > before, True)


@says(13)
def idempotence_ends_with_the_producer(s):
    topic = s.topic("again", 1)
    with open(ARTICLE) as file:
        program = file.read().replace("'events'", f"'{topic}'")
    for _ in range(2):
        subprocess.run([PYTHON, "-c", program, s.freshet.kafka], check=True, timeout=60)
    ids = [json.loads(line)["event_id"] for line in consumed(s, topic, 2)]
    assert ids == ["uuid-123", "uuid-123"], ids


def consumed(s, topic, count):
    code, text = s.command("-C", s.freshet.folder, "consume", topic, "--from", "beginning", "--count", str(count))
    assert code == 0, text
    return [line[line.index("{"):] for line in text.splitlines() if "{" in line]


@says(14)
def a_lost_event_is_no_error(s):
    with open(ARTICLE) as file:
        program = file.read()
    # The article's program, with a time limit of one second instead of five minutes, and a broker that is not there.
    impatient = program.replace("'enable.idempotence': True", "'enable.idempotence': True, 'message.timeout.ms': 1000, 'linger.ms': 5")
    done = subprocess.run([PYTHON, "-c", impatient, "127.0.0.1:1"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    reports = []
    producer = Producer({"bootstrap.servers": "127.0.0.1:1", "message.timeout.ms": 1000, "linger.ms": 5, "log_level": 0})
    producer.produce("events", value="{}", on_delivery=lambda error, _: reports.append(error))
    producer.flush(20)
    assert len(reports) == 1 and reports[0] is not None and "timed out" in str(reports[0]), reports


@says(15)
def same_key_same_partition(s):
    topic = s.topic("keys")
    places = collections.defaultdict(set)
    producer = Producer({"bootstrap.servers": s.freshet.kafka, "enable.idempotence": True})
    for number in range(200):
        producer.produce(topic, key=f"u-{number % 20}", value="{}",
                         on_delivery=lambda _, message: places[message.key()].add(message.partition()))
    producer.flush(30)
    assert len(places) == 20 and all(len(partitions) == 1 for partitions in places.values()), places
    # An id as the key spreads one user's events over partitions.
    ids = set()
    for number in range(50):
        producer.produce(topic, key=f"uuid-{number}", value="{}", on_delivery=lambda _, message: ids.add(message.partition()))
    producer.flush(30)
    assert len(ids) == 4, ids
    # Another hash, another place: librdkafka's default is CRC32, Java's murmur2.
    java = {}
    other = Producer({"bootstrap.servers": s.freshet.kafka, "partitioner": "murmur2_random"})
    for number in range(20):
        other.produce(topic, key=f"u-{number}", value="{}", on_delivery=lambda _, message: java.setdefault(message.key(), message.partition()))
    other.flush(30)
    assert any(java[key] not in places[key] for key in java), "both hashes agree on 20 keys"
