"""Statements 16-20 and 27-33: ClickHouse's own Kafka engine reading the broker inside Freshet."""
import collections
import random
import time

from confluent_kafka import Consumer, TopicPartition

from statement import QUICK, eventually, event, says

DEFAULT_FLUSH_S = 7.5
EVENTS = 3000


def fault_of(s, table):
    """The newest exception of a Kafka table."""
    rows = s.run(f"SELECT exceptions.text[-1] FROM system.kafka_consumers WHERE database = '{s.database}' AND table = '{table}'")
    return rows[0][0] if rows else ""


@says(16)
def key_and_value_columns(s):
    topic = s.topic("strings")
    s.run(f"CREATE TABLE events_kafka (kafka_key String, kafka_value String) {s.kafka_engine(topic, **QUICK)}")
    s.run("CREATE TABLE seen (kafka_key String, kafka_value String) ENGINE = MergeTree ORDER BY tuple()")
    s.run("CREATE MATERIALIZED VIEW mv TO seen AS SELECT kafka_key, kafka_value FROM events_kafka")
    s.produce(topic, [("u-1000", event(1)), ("u-1000", event(2))])
    eventually(lambda: s.run("SELECT count(), countIf(kafka_key = '' AND kafka_value = '') FROM seen"), [["2", "2"]])
    # With the article's view behind it, the empty text is no time, and nothing arrives at all.
    s.refused("SELECT parseDateTimeBestEffort(JSONExtractString('', 'ts'))", 41, "neither Date nor Time was parsed")
    s.run(s.block().split(";")[0])
    s.run("CREATE TABLE whole (k String, v String) ENGINE = MergeTree ORDER BY k")
    s.run("CREATE MATERIALIZED VIEW mv_whole TO whole AS SELECT _key AS k, kafka_value AS v FROM events_text")
    s.produce("events", [("u-7", event(7, project="as-string"))])
    eventually(lambda: s.run("SELECT k, JSONExtractString(v, 'user_id') FROM whole WHERE v LIKE '%as-string%'"), [["u-7", "u-1000"]])


@says(17)
def a_queue_is_no_table(s):
    s.run(f"CREATE TABLE events_kafka (event_id String) {s.kafka_engine('events')}")
    s.refused("SELECT * FROM events_kafka", 620, "Direct select is not allowed")
    s.refused("SELECT count() FROM events_kafka", 620, "stream_like_engine_allow_direct_select")
    # The user of `freshet sql` may not even allow it.
    s.refused("SELECT * FROM events_kafka", 452, "stream_like_engine_allow_direct_select should not be changed",
              user="freshet_query", stream_like_engine_allow_direct_select=1)
    s.refused("SELECT * FROM events_kafka SETTINGS stream_like_engine_allow_direct_select = 1", 452, "should not be changed",
              user="freshet_query")


@says(18)
def offsets_lie_in_kafka(s):
    topic = s.topic("offsets")
    s.run(f"CREATE TABLE events_kafka (event_id String) {s.kafka_engine(topic, **QUICK)}")
    s.run("CREATE TABLE seen (event_id String) ENGINE = MergeTree ORDER BY event_id")
    s.run("CREATE MATERIALIZED VIEW mv TO seen AS SELECT event_id FROM events_kafka")
    s.produce(topic, [(f"k{n}", event(n)) for n in range(100)])
    eventually(lambda: s.value("SELECT count() FROM seen"), "100")
    group = Consumer({"bootstrap.servers": s.freshet.kafka, "group.id": f"{s.database}.{topic}.JSONEachRow"})
    places = [TopicPartition(topic, partition) for partition in range(4)]

    def committed():
        return sum(max(place.offset, 0) for place in group.committed(places, timeout=10))
    eventually(committed, 100)
    group.close()
    for table in ("kafka", "kafka_offsets"):
        s.refused(f"SELECT * FROM system.{table}", 60, f"system.{table}")


@says(19)
def avro_needs_its_registry(s):
    assert s.run("SELECT name FROM system.formats WHERE name = 'AvroConfluent'") == [["AvroConfluent"]]
    s.refused(f"CREATE TABLE wrong (event_id String) {s.kafka_engine('events', 'AvroConfluent', kafka_schema_registry_url='http://127.0.0.1:1')}",
              115, "Unknown setting 'kafka_schema_registry_url'")
    s.run_block()
    assert s.value(f"SELECT count() FROM system.tables WHERE database = '{s.database}' AND engine = 'Kafka'") == "1"


@says(20)
def one_bad_record_stops_all(s):
    topic = s.topic("broken", 1)
    s.produce(topic, [("a", event(1)), ("b", "no JSON"), ("c", event(3))])
    for table, mode in (("strict", "default"), ("tolerant", "stream")):
        s.run(f"CREATE TABLE {table} (event_id String) "
              f"{s.kafka_engine(topic, **QUICK, kafka_group_name=f'{s.database}.{mode}', kafka_handle_error_mode=mode)}")
        s.run(f"CREATE TABLE {table}_rows (event_id String, error String, raw String) ENGINE = MergeTree ORDER BY event_id")
    s.run("CREATE MATERIALIZED VIEW mv_strict TO strict_rows AS SELECT event_id FROM strict")
    s.run("CREATE MATERIALIZED VIEW mv_tolerant TO tolerant_rows AS SELECT event_id, _error AS error, _raw_message AS raw FROM tolerant")
    eventually(lambda: s.run("SELECT event_id, raw, error != '' FROM tolerant_rows ORDER BY event_id"),
               [["", "no JSON", "1"], ["uuid-1", "", "0"], ["uuid-3", "", "0"]])
    eventually(lambda: "Cannot parse input" in fault_of(s, "strict"), True)
    s.saw("Code: 27", fault_of(s, "strict"))
    assert s.run("SELECT * FROM strict_rows") == [], "records before the bad one of the same block arrived"
    s.refused(f"CREATE TABLE dead (event_id String) {s.kafka_engine(topic, kafka_handle_error_mode='dead_letter_queue')}",
              36, "system.dead_letter_queue is not configured")


@says(27)
def there_is_no_double(s):
    s.refused("""SELECT JSONExtractDouble('{"amount": 29.99}', 'amount')""", 46, "JSONExtractDouble")
    assert s.run(s.block()) == [["29.99", "29.99", "Float64"]]
    s.saw("FR0600", s.freshet.refusals["double.sql"])


@says(28)
def one_bad_time_stops_all(s):
    topic = s.topic("times", 1)
    s.run(f"CREATE TABLE events_kafka (event_id String, ts String) {s.kafka_engine(topic, **QUICK)}")
    s.run("CREATE TABLE strict (event_id String, ts DateTime) ENGINE = MergeTree ORDER BY ts")
    s.run("CREATE MATERIALIZED VIEW mv TO strict AS SELECT event_id, parseDateTimeBestEffort(ts) AS ts FROM events_kafka")
    s.produce(topic, [("a", event(1)), ("b", event(2, ts="yesterday")), ("c", event(3))])
    eventually(lambda: "while pushing to view" in fault_of(s, "events_kafka"), True)
    s.saw("Code: 41", fault_of(s, "events_kafka"))
    assert s.run("SELECT * FROM strict") == []
    assert s.run(s.block()) == [["1", "0"]]
    # Freshet: the record goes to the dead letters, with its reason, and the others arrive.
    s.produce("events", [("k", event(1, project="times")), ("k", event(2, project="times", ts="yesterday")), ("k", event(3, project="times"))])
    eventually(lambda: s.freshet.query("SELECT event_id FROM events WHERE project = 'times' ORDER BY event_id"), [["uuid-1"], ["uuid-3"]])
    eventually(lambda: s.freshet.query("SELECT field FROM shop__freshet.dead_letters WHERE value LIKE '%\"times\"%'"), [["ts"]])


@says(29)
def a_missing_field_is_silent(s):
    assert s.run("""SELECT JSONExtractString('{}', 'user_id') = '', JSONExtractFloat('{"amount": "much"}', 'amount'), """
                 """JSONExtractFloat('{"amount": "29.99"}', 'amount')""") == [["1", "0", "29.99"]]
    s.produce("events", [("k", event(1, project="missing", amount="much")), ("k", event(2, project="missing", amount="29.99"))])
    eventually(lambda: s.freshet.query("SELECT event_id, amount FROM events WHERE project = 'missing'"), [["uuid-2", "29.99"]])
    eventually(lambda: s.freshet.query("SELECT field, error LIKE '%Float64%' FROM shop__freshet.dead_letters WHERE value LIKE '%\"missing\"%'"),
               [["amount", "1"]])


@says(30)
def low_latency_is_a_setting(s):
    """Visible after one flush interval, of 7.5 s by default: measured with a second record, when all is warm."""
    assert s.value("SELECT default FROM system.settings WHERE name = 'stream_flush_interval_ms'") == "7500"
    topic = s.topic("slow", 1)
    seconds = {}
    for table, settings in (("usual", {}), ("quick", QUICK)):
        s.run(f"CREATE TABLE {table} (event_id String) {s.kafka_engine(topic, kafka_group_name=f'{s.database}.{table}', **settings)}")
        s.run(f"CREATE TABLE {table}_rows (event_id String) ENGINE = MergeTree ORDER BY event_id")
        s.run(f"CREATE MATERIALIZED VIEW mv_{table} TO {table}_rows AS SELECT event_id FROM {table}")
    for number in (1, 2):
        s.produce(topic, [("a", event(number))])
        sent = time.monotonic()
        for table in ("quick", "usual"):
            eventually(lambda table=table: s.value(f"SELECT count() FROM {table}_rows"), str(number), 30)
            seconds[table] = time.monotonic() - sent
    assert seconds["usual"] > 3, f"a Kafka table with default settings handed over after {seconds['usual']:.1f} s"
    assert seconds["quick"] < seconds["usual"], seconds


@says(31)
def the_whole_pipeline(s):
    """The document's statements, run as they stand there, against the topic `events`; the sums are calculated here."""
    s.run_block(3)
    chance = random.Random(31)
    records, counts, amounts = [], collections.Counter(), collections.Counter()
    for number in range(EVENTS):
        minute, action, quarters = chance.randrange(10), chance.choice(["view", "cart", "checkout"]), chance.randrange(1, 400)
        records.append((f"u-{number % 97}", event(number, event_id=f"pipeline-{number}", project="pipeline", action=action,
                                                  ts=f"2026-01-18T12:{minute:02}:{number % 60:02}.{number % 1000:03}Z", amount=quarters / 4)))
        counts[f"2026-01-18 12:{minute:02}:00", action] += 1
        amounts[f"2026-01-18 12:{minute:02}:00", action] += quarters / 4
    s.produce("events", records)
    expected = [[minute, action, str(counts[minute, action]), amounts[minute, action]] for minute, action in sorted(counts)]

    def view():
        rows = s.run("SELECT agg_minute, action, sum(total_count), sum(total_amount) FROM events_minute_agg WHERE project = 'pipeline' "
                     "GROUP BY agg_minute, action ORDER BY agg_minute, action")
        return [[minute, action, count, float(amount)] for minute, action, count, amount in rows]
    eventually(view, expected)
    assert s.run("SELECT count(), uniqExact(event_id), uniqExact(partition), countIf(ts != toStartOfSecond(ts)) > 0 FROM events_raw "
                 "WHERE project = 'pipeline'") == [[str(EVENTS), str(EVENTS), "4", "1"]]
    # Freshet reads the same topic, in its own consumer group, and has the same sums.
    eventually(lambda: [[minute, action, count, float(amount)] for minute, action, count, amount in s.freshet.query(
        "SELECT agg_minute, action, total_count, total_amount FROM events_minute WHERE project = 'pipeline' ORDER BY agg_minute, action")], expected)
    # A bad record stops nothing, and is kept.
    s.produce("events", [("bad", event(0, event_id="pipeline-bad", project="pipeline", ts="yesterday"))])
    eventually(lambda: s.value("SELECT count() FROM events_errors WHERE message LIKE '%pipeline-bad%' AND error != ''"), "1")
    # Reading goes on from the group's offsets when the one view of the queue is taken away and made again.
    s.run("DROP TABLE mv_events_in SYNC")
    s.produce("events", [("u", event(0, event_id="pipeline-away", project="pipeline-last"))])
    s.run(s.section.blocks[2])
    s.produce("events", [("u", event(0, event_id="pipeline-last", project="pipeline-last"))])
    eventually(lambda: s.run("SELECT event_id FROM events_raw WHERE project = 'pipeline-last' ORDER BY event_id"), [["pipeline-away"], ["pipeline-last"]])
    assert view() == expected
    assert s.value("SELECT count() FROM events_raw WHERE project = 'pipeline'") == str(EVENTS)


@says(32)
def populate(s):
    s.run("CREATE TABLE raw (project String) ENGINE = MergeTree ORDER BY project")
    s.run("CREATE TABLE sums (project String, c UInt64) ENGINE = SummingMergeTree ORDER BY project")
    select = "AS SELECT project, count() AS c FROM raw GROUP BY project"
    s.refused(f"CREATE MATERIALIZED VIEW mv TO sums POPULATE {select}", 62, "POPULATE")
    s.run(f"CREATE TABLE queue (project String) {s.kafka_engine('events')}")
    s.refused("CREATE MATERIALIZED VIEW mv ENGINE = MergeTree ORDER BY project POPULATE AS SELECT project FROM queue", 620, "Direct select")
    s.run("INSERT INTO raw VALUES ('old')")
    s.run(f"CREATE MATERIALIZED VIEW filled ENGINE = SummingMergeTree ORDER BY project POPULATE {select}")
    assert s.run("SELECT * FROM filled") == [["old", "1"]]


@says(33)
def there_is_no_system_kafka(s):
    s.refused("SELECT * FROM system.kafka", 60, "system.kafka")
    columns = [row[0] for row in s.run("SELECT name FROM system.columns WHERE database = 'system' AND table = 'kafka_consumers'")]
    for column in ("assignments.partition_id", "assignments.current_offset", "exceptions.text", "last_commit_time", "num_messages_read"):
        assert column in columns, columns
