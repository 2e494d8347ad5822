"""Statements 42-75: tuning, late events, monitoring, scaling, the observability example, tests, the checklist."""
import collections
import json
import os
import time
import urllib.request

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from statement import QUICK, eventually, event, says


@says(42)
def acks_are_part_of_idempotence(s):
    try:
        Producer({"bootstrap.servers": s.freshet.kafka, "enable.idempotence": True, "acks": 1})
    except KafkaException as error:
        assert "acks" in str(error) and "idempotence" in str(error), error
    else:
        raise AssertionError("acks=1 was taken beside idempotence")
    # Waiting 200 ms for more records: each of 10 flushes takes that long.
    topic = s.topic("linger", 1)
    seconds = {}
    for linger_ms in (0, 200):
        producer = Producer({"bootstrap.servers": s.freshet.kafka, "enable.idempotence": True, "linger.ms": linger_ms})
        producer.produce(topic, value="{}")
        producer.flush(10)
        started = time.monotonic()
        producer.produce(topic, value="{}")
        while len(producer):
            producer.poll(0.01)
        seconds[linger_ms] = time.monotonic() - started
    assert seconds[200] > 0.15 and seconds[200] > seconds[0], seconds


@says(43)
def lag_of_the_ingester(s):
    s.produce("events", [(f"u-{n}", event(n, project="lag")) for n in range(100)])
    eventually(lambda: s.freshet.query("SELECT count() FROM events WHERE project = 'lag'"), [["100"]])
    group = Consumer({"bootstrap.servers": s.freshet.kafka, "group.id": "freshet.shop.events"})
    places = [TopicPartition("events", partition) for partition in range(4)]

    def lag():
        ends = [group.get_watermark_offsets(place, timeout=10)[1] for place in places]
        assert sum(ends) >= 100
        return sum(end - max(place.offset, 0) for end, place in zip(ends, group.committed(places, timeout=10)))
    eventually(lag, 0)
    eventually(lambda: next(stream["lag_records"] for stream in s.freshet.status()["streams"] if stream["name"] == "events"), 0)
    group.close()


@says(44)
def max_wait_changes_nothing(s):
    s.run(f"CREATE TABLE queue (event_id String) {s.kafka_engine('events', kafka_max_wait_ms=100)}")
    assert "kafka_max_wait_ms" not in s.value("SHOW CREATE TABLE queue"), "it was kept"
    s.refused(f"CREATE TABLE other (event_id String) {s.kafka_engine('events', kafka_max_wait=100)}", 115, "Unknown setting 'kafka_max_wait'")
    assert s.run("SELECT default FROM system.settings WHERE name = 'kafka_max_wait_ms'") == [["5000"]]
    s.run(f"CREATE TABLE right (event_id String) {s.kafka_engine('events', **QUICK)}")
    assert "kafka_flush_interval_ms = 200" in s.value("SHOW CREATE TABLE right")


@says(45)
def small_blocks_are_not_early_blocks(s):
    """A block of one row is full at the first record; one of 1000 waits for the interval. Neither changes the interval."""
    topic = s.topic("blocks", 1)
    for table, rows in (("one", 1), ("thousand", 1000)):
        settings = {**QUICK, "kafka_flush_interval_ms": 2000, "kafka_max_block_size": rows, "kafka_group_name": f"{s.database}.{table}"}
        s.run(f"CREATE TABLE {table} (event_id String) {s.kafka_engine(topic, **settings)}")
        s.run(f"CREATE TABLE {table}_rows (event_id String) ENGINE = MergeTree ORDER BY event_id")
        s.run(f"CREATE MATERIALIZED VIEW mv_{table} TO {table}_rows AS SELECT event_id FROM {table}")
    s.produce(topic, [("k", event(number)) for number in range(40)])
    parts = "SELECT count() FROM system.parts WHERE database = '{}' AND table = '{}_rows' AND level = 0"
    for table in ("one", "thousand"):
        eventually(lambda table=table: s.value(f"SELECT count() FROM {table}_rows"), "40")
    assert int(s.value(parts.format(s.database, "one"))) > int(s.value(parts.format(s.database, "thousand"))), "small blocks made no more parts"


@says(46)
def no_second_tier(s):
    s.run("CREATE TABLE raw (ts DateTime) ENGINE = MergeTree ORDER BY ts")
    s.refused("ALTER TABLE raw MODIFY TTL ts + INTERVAL 7 DAY TO VOLUME 'cold'", 450, "No such volume `cold`")
    s.refused("CREATE TABLE cold (ts DateTime) ENGINE = MergeTree ORDER BY ts SETTINGS storage_policy = 'tiered'", 478, "Unknown storage policy")
    assert s.run("SELECT policy_name, volume_name FROM system.storage_policies") == [["default", "default"]]
    s.saw("FR0600", s.freshet.refusals["tiered.sql"])


@says(47)
def the_settings_are_the_defaults(s):
    assert s.run("SELECT name, default FROM system.settings WHERE name IN ('max_insert_block_size', 'max_partitions_per_insert_block') ORDER BY name") \
        == [["max_insert_block_size", "1048449"], ["max_partitions_per_insert_block", "100"]]
    s.run("SET max_insert_block_size = 5000")
    assert s.value("SELECT value FROM system.settings WHERE name = 'max_insert_block_size'") == "1048449", "SET outlived its request"


@says(48)
def a_late_event_is_counted_in_its_bucket(s):
    s.run("CREATE TABLE raw (ts DateTime) ENGINE = MergeTree ORDER BY ts")
    s.run("CREATE TABLE agg (minute DateTime, c UInt64) ENGINE = SummingMergeTree ORDER BY minute")
    s.run("CREATE MATERIALIZED VIEW mv TO agg AS SELECT toStartOfMinute(ts) AS minute, count() AS c FROM raw WHERE ts > now() - INTERVAL 10 MINUTE GROUP BY minute")
    s.run("INSERT INTO raw VALUES (now()), ('2026-01-18 12:34:56')")
    assert s.run("SELECT (SELECT count() FROM raw), sum(c) FROM agg") == [["2", "1"]], "the view's idea of late is another than the table's"
    s.saw("FR0600", s.freshet.refusals["recent.sql"])
    s.produce("events", [("k", event(1, project="late", ts="2026-01-18T12:34:56Z")), ("k", event(2, project="late", ts="2026-03-01T00:00:00Z")),
                         ("k", event(3, project="late", ts="2026-01-18T12:34:01Z"))])
    eventually(lambda: s.freshet.query("SELECT agg_minute, total_count FROM events_minute WHERE project = 'late' ORDER BY agg_minute"),
               [["2026-01-18 12:34:00", "2"], ["2026-03-01 00:00:00", "1"]])


@says(49)
def a_token_makes_a_repeat_harmless(s):
    for table, window in (("kept", 100), ("usual", 0)):
        s.run(f"CREATE TABLE {table} (event_id String) ENGINE = MergeTree ORDER BY event_id SETTINGS non_replicated_deduplication_window = {window}")
    s.run("CREATE TABLE agg (event_id String, c UInt64) ENGINE = SummingMergeTree ORDER BY event_id SETTINGS non_replicated_deduplication_window = 100")
    s.run("CREATE MATERIALIZED VIEW mv TO agg AS SELECT event_id, count() AS c FROM kept GROUP BY event_id")
    for _ in range(2):
        for table in ("kept", "usual"):
            s.run(f"INSERT INTO {table} VALUES ('a'), ('b')", insert_deduplication_token="events:0:0-2")
    assert s.run("SELECT (SELECT count() FROM kept), (SELECT sum(c) FROM agg), (SELECT count() FROM usual)") == [["2", "2", "4"]]
    window = s.freshet.query("SELECT extract(engine_full, 'non_replicated_deduplication_window = (\\\\d+)') FROM system.tables "
                             "WHERE database = 'shop' AND name IN ('events', 'events_minute__v1')")
    assert window == [["100000"], ["100000"]], window


@says(50)
def a_producer_tells_of_itself(s):
    seen = []
    producer = Producer({"bootstrap.servers": s.freshet.kafka, "enable.idempotence": True, "statistics.interval.ms": 100,
                         "stats_cb": lambda text: seen.append(json.loads(text))})
    reports = []
    producer.produce(s.topic("stats"), value="{}", on_delivery=lambda error, message: reports.append((error, message.latency())))

    def told():
        producer.poll(0.1)
        return bool(reports and seen) and (seen[-1]["txmsgs"], seen[-1]["msg_cnt"]) == (1, 0)
    eventually(told, True, 20)
    assert reports[0][0] is None and reports[0][1] > 0, reports
    assert any("txretries" in broker for broker in seen[-1]["brokers"].values()), seen[-1]["brokers"]


def metrics(s):
    with urllib.request.urlopen(s.freshet.addresses["http"] + "/metrics", timeout=10) as answer:
        return answer.read().decode()


@says(51)
def lag_is_a_metric(s):
    eventually(lambda: 'freshet_lag_records{' in metrics(s), True)
    cluster = Consumer({"bootstrap.servers": s.freshet.kafka, "group.id": "nobody"}).list_topics(timeout=10)
    assert len(cluster.brokers) == 1
    for topic in cluster.topics.values():
        for partition in topic.partitions.values():
            assert partition.replicas == partition.isrs == [1], (topic, partition)


@says(52)
def what_clickhouse_tells_of_itself(s):
    assert s.run("SELECT count() FROM system.tables WHERE database = 'system' AND name IN ('merges', 'parts', 'mutations')") == [["3"]]
    s.refused("SELECT * FROM system.query_log", 60, "system.query_log")
    s.refused("SELECT * FROM system.part_log", 60, "system.part_log")
    # Counters since the start; their difference over time is the rate.
    before = int(s.value("SELECT sum(value) FROM system.events WHERE event = 'InsertedRows'"))
    s.run("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a")
    s.run("INSERT INTO t SELECT number FROM numbers(1000)")
    assert int(s.value("SELECT sum(value) FROM system.events WHERE event = 'InsertedRows'")) >= before + 1000


@says(53)
def positions_and_errors(s):
    s.refused("SELECT * FROM system.kafka WHERE table = 'events_kafka'", 60, "system.kafka")
    s.run(f"CREATE TABLE events_kafka (event_id String) {s.kafka_engine('events', **QUICK)}")
    s.run("CREATE TABLE seen (event_id String) ENGINE = MergeTree ORDER BY event_id")
    s.run("CREATE MATERIALIZED VIEW mv TO seen AS SELECT event_id FROM events_kafka")
    s.produce("events", [(f"u-{n}", event(n, project="positions")) for n in range(20)])
    eventually(lambda: len(s.run(s.section.blocks[0].replace("currentDatabase()", f"'{s.database}'"))), 4)
    s.block()


@says(54)
def rows_of_parts(s):
    s.refused("SELECT table, total_rows, active FROM system.parts WHERE database = 'default' AND table LIKE 'events%'", 47, "total_rows")
    s.run("CREATE TABLE events_raw (a UInt64) ENGINE = MergeTree ORDER BY a")
    for number in range(2):
        s.run(f"INSERT INTO events_raw VALUES ({number})")
    s.run("OPTIMIZE TABLE events_raw FINAL")
    assert s.value(f"SELECT sum(rows) FROM system.parts WHERE database = '{s.database}'") == "4", "merged parts are not kept for a while any more"
    assert s.run(s.block()) == [["events_raw", "2", "1"]]
    assert s.run(f"SELECT total_rows FROM system.tables WHERE database = '{s.database}'") == [["2"]]


@says(55)
def recent_inserts(s):
    s.refused("SELECT table, sum(rows) AS rows_inserted, sum(bytes) AS bytes_inserted FROM system.insert_log "
              "WHERE event_time > now() - INTERVAL 1 HOUR GROUP BY table", 60, "system.insert_log")
    s.produce("events", [("k", event(1, project="recent"))])
    eventually(lambda: s.freshet.query("SELECT count() FROM events WHERE project = 'recent'"), [["1"]])

    def counted():
        rows = [line.split("\t") for line in s.freshet.run("sql", "--file", "queries/recent_inserts.sql").splitlines()]
        return any(row[0] == "events" and int(row[2]) > 0 for row in rows)
    eventually(counted, True)


@says(56)
def one_pane(s):
    text = metrics(s)
    for name in ("freshet_lag_records", "freshet_freshness_seconds", "freshet_latency_seconds", "freshet_records_total"):
        assert f"# TYPE {name}" in text, name
    # What a dashboard's data source does: HTTP, the user that may only read.
    assert s.freshet.query("SELECT currentUser()") == [["freshet_query"]]
    s.refused("CREATE TABLE t (a UInt64) ENGINE = MergeTree ORDER BY a", 497, "Not enough privileges", user="freshet_query")


@says(57)
def a_few_keys_are_a_few_partitions(s):
    topic = s.topic("skew", 8)
    counts = collections.Counter()
    producer = Producer({"bootstrap.servers": s.freshet.kafka, "enable.idempotence": True})

    def delivered(error, message):
        assert error is None, error
        counts[message.partition()] += 1
    for number in range(800):
        producer.produce(topic, key="storefront" if number % 10 < 7 else f"project-{number % 3}", value="{}", on_delivery=delivered)
    producer.flush(30)
    assert sum(counts.values()) == 800 and len(counts) <= 4 and max(counts.values()) >= 560, counts


@says(58)
def no_replication_here(s):
    s.refused("CREATE TABLE raw (a UInt64) ENGINE = ReplicatedMergeTree('/events', 'one') ORDER BY a", 497, "TABLE ENGINE ON ReplicatedMergeTree")
    s.refused("CREATE TABLE raw ON CLUSTER main (a UInt64) ENGINE = MergeTree ORDER BY a", 701, "cluster 'main' not found")


@says(59)
def consumers_have_a_limit(s):
    s.refused(f"CREATE TABLE queue (event_id String) {s.kafka_engine('events', kafka_num_consumers=100)}", 36, "number of consumers can not be bigger than")
    s.run(f"CREATE TABLE queue (event_id String) {s.kafka_engine('events', kafka_num_consumers=2, **QUICK)}")
    s.run("CREATE TABLE seen (event_id String) ENGINE = MergeTree ORDER BY event_id")
    s.run("CREATE MATERIALIZED VIEW mv TO seen AS SELECT event_id FROM queue")

    def partitions():
        rows = s.run(f"SELECT length(assignments.partition_id) FROM system.kafka_consumers WHERE database = '{s.database}' AND table = 'queue'")
        return sorted(int(row[0]) for row in rows)
    eventually(partitions, [2, 2])


@says(60)
def fields_come_and_go(s):
    s.produce("events", [("k", event(1, project="evolve", coupon="NEW")),
                         ("k", {"event_id": "uuid-2", "ts": "2026-01-18T12:34:56Z", "project": "evolve"})])
    eventually(lambda: s.freshet.query("SELECT event_id, user_id, amount FROM events WHERE project = 'evolve' ORDER BY event_id"),
               [["uuid-1", "u-1000", "29.99"], ["uuid-2", "", "0"]])
    s.run(f"CREATE TABLE queue (event_id String) {s.kafka_engine('events')}")
    s.refused("ALTER TABLE queue ADD COLUMN coupon String", 48, "ADD_COLUMN")


@says(61)
def a_failing_view_stops_the_insert(s):
    s.run("CREATE TABLE raw (amount String) ENGINE = MergeTree ORDER BY amount")
    s.run("CREATE TABLE sums (amount Int64) ENGINE = MergeTree ORDER BY amount")
    s.run("CREATE MATERIALIZED VIEW mv TO sums AS SELECT toInt64(amount) AS amount FROM raw")
    s.refused("INSERT INTO raw VALUES ('1'), ('much')", 6, "while pushing to view")
    assert s.run("SELECT (SELECT count() FROM raw), (SELECT count() FROM sums)") == [["2", "0"]]


@says(63)
def columns_that_are_not_there(s):
    s.run("CREATE TABLE events_raw (event_id String, ts DateTime('UTC'), user_id String, project String, action String, amount Float64) "
          "ENGINE = MergeTree ORDER BY ts")
    s.run("CREATE TABLE svc_errors_10s (bucket DateTime, service String, error_count UInt64) ENGINE = SummingMergeTree() ORDER BY (service, bucket)")
    s.refused("CREATE MATERIALIZED VIEW mv_svc_errors_10s TO svc_errors_10s AS SELECT toStartOfInterval(ts, INTERVAL 10 SECOND) AS bucket, service, "
              "countIf(1, level = 'error') AS error_count FROM events_raw GROUP BY bucket, service", 47, "`service`")
    s.saw("FR0600", s.freshet.refusals["lacks.sql"])


@says(64)
def count_if_with_one(s):
    assert s.run("SELECT countIf(1, number % 3 = 0), countIf(number % 3 = 0) FROM numbers(10)") == [["4", "4"]]
    assert s.run(s.block()) == [["3", "4"]]
    s.refused("SELECT countIf('error') FROM numbers(10)", 43, "aggregate function with If suffix")


@says(65)
def errors_of_five_minutes(s):
    now = time.time()
    stamp = lambda age: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - age))
    records = [("api", {"event_id": f"log-{n}", "ts": stamp(n % 100), "service": "recipe-api", "level": "error" if n % 3 else "info"})
               for n in range(300)]
    records += [("old", {"event_id": "log-old", "ts": stamp(3600), "service": "recipe-old", "level": "error"}),
                ("fine", {"event_id": "log-fine", "ts": stamp(1), "service": "recipe-fine", "level": "info"})]
    s.produce("logs", records)
    expected = sum(1 for _, record in records if record["service"] == "recipe-api" and record["level"] == "error")

    def answer():
        rows = [line.split("\t")[:2] for line in s.freshet.run("sql", "--file", "queries/errors_5m.sql").splitlines()]
        return [row for row in rows if row[0].startswith("recipe-")]
    eventually(answer, [["recipe-api", str(expected)]])


@says(67)
def a_whole_stack_for_a_test(s):
    with open(os.path.join(s.freshet.base, "ready.json")) as file:
        ready = json.load(file)
    assert {"kafka", "http", "clickhouse_http", "clickhouse_tcp", "pid", "engine_pid"} <= set(ready), ready
    assert not any(ready[name].endswith(port) for name, port in (("kafka", ":9092"), ("http", ":8080"), ("clickhouse_http", ":8123"))), ready


@says(68)
def replay_at_a_rate(s):
    started = time.monotonic()
    s.freshet.run("produce", "logs", "--generate", "--rate", "500", "--count", "1000", "--seed", "7")
    assert time.monotonic() - started > 1.2, "faster than the rate"
    eventually(lambda: s.freshet.query("SELECT count(), uniqExact(event_id) FROM logs WHERE service NOT LIKE 'recipe-%'"), [["1000", "1000"]])
    latency = next(stream for stream in s.freshet.status()["streams"] if stream["name"] == "logs")["latency_ms"]
    assert 0 < latency["p50"] <= latency["p99"], latency


@says(69)
def a_layout_that_starts(s):
    for path in ("freshet.yaml", "streams/events.yaml", "views/events_minute.sql", "queries/recent_inserts.sql", "README.md"):
        assert os.path.exists(os.path.join(s.freshet.folder, path)), path


@says(71)
def coarser_when_it_matters(s):
    s.produce("events", [(f"u-{n}", event(n, project="coarse", ts=f"2026-01-18T{12 + n % 3}:{n % 60:02}:00Z", amount=0.5)) for n in range(90)])
    eventually(lambda: [line.split("\t") for line in s.freshet.run("sql", "--file", "queries/by_hour.sql").splitlines() if "\tcoarse\t" in line],
               [[f"2026-01-18 {hour}:00:00", "coarse", "30", "15"] for hour in (14, 13, 12)])


@says(72)
def backup(s):
    s.run("CREATE TABLE raw (a UInt64) ENGINE = MergeTree ORDER BY a")
    s.refused(f"BACKUP DATABASE {s.database} TO File('backup')", 318, "backups.allowed_path")
    s.run("INSERT INTO raw VALUES (1)")
    s.run("ALTER TABLE raw FREEZE WITH NAME 'recipe'")
    frozen = os.path.join(s.freshet.folder, "data/clickhouse/shadow/recipe")
    assert any("data.bin" in files or "columns.txt" in files for _, _, files in os.walk(frozen)), frozen
    s.run("ALTER TABLE raw UNFREEZE WITH NAME 'recipe'")


@says(74)
def what_to_watch(s):
    stream = next(stream for stream in s.freshet.status()["streams"] if stream["name"] == "events")
    for name in ("lag_records", "freshness_ms", "latency_ms", "dead_letters", "ingested", "log_end"):
        assert name in stream, stream
    eventually(lambda: any(line.split("\t")[1] == "events" for line in s.freshet.run("sql", "--file", "queries/insert_rate.sql").splitlines()), True)
