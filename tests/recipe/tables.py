"""Statements 21-26 and 34-41: the raw table and the aggregates."""
from statement import eventually, event, says

COLUMNS = "(event_id String, ts DateTime('UTC'), user_id String, project String, action String, amount Float64)"


def row(event_id, ts="2026-01-18 12:34:56", user="u-1000", project="billing", action="checkout", amount=29.99):
    return f"('{event_id}', '{ts}', '{user}', '{project}', '{action}', {amount})"


@says(21)
def seconds_lose_the_order(s):
    s.run("CREATE TABLE coarse (event_id String, ts DateTime('UTC')) ENGINE = MergeTree ORDER BY ts")
    s.run("CREATE TABLE fine (event_id String, ts DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY ts")
    for table in ("coarse", "fine"):
        s.run(f"INSERT INTO {table} SETTINGS date_time_input_format = 'best_effort' VALUES ('second', '2026-01-18T12:34:56.900Z'), "
              "('first', '2026-01-18T12:34:56.100Z')")
    assert s.value("SELECT uniqExact(ts) FROM coarse") == "1"
    assert s.run("SELECT event_id, ts FROM fine ORDER BY ts") == [["first", "2026-01-18 12:34:56.100"], ["second", "2026-01-18 12:34:56.900"]]
    assert s.freshet.query("SELECT type FROM system.columns WHERE database = 'shop' AND table = 'events' AND name = 'ts'") == [["DateTime64(3, \\'UTC\\')"]]


@says(22)
def a_string_is_no_version(s):
    s.refused(f"CREATE TABLE events_raw {COLUMNS} ENGINE = ReplacingMergeTree(event_id) ORDER BY (project, toYYYYMMDD(ts), ts)",
              169, "cannot be used as a version column")


@says(23)
def the_sorting_key_is_the_identity(s):
    s.run(f"CREATE TABLE events_raw {COLUMNS} ENGINE = ReplacingMergeTree ORDER BY (project, toYYYYMMDD(ts), ts)")
    s.run(f"INSERT INTO events_raw VALUES {row('a')}")
    s.run(f"INSERT INTO events_raw VALUES {row('b', user='u-2', action='view')}, {row('c', user='u-3')}")
    # Rows of one block are merged at once (optimize_on_insert), those of others at a merge.
    assert s.value("SELECT count() FROM events_raw") == "2"
    assert s.value("SELECT count() FROM events_raw FINAL") == "1"
    s.run("OPTIMIZE TABLE events_raw FINAL")
    assert s.value("SELECT count() FROM events_raw") == "1", "three events of three users are one"
    s.run_block()
    s.run(f"INSERT INTO right VALUES {row('a')}")
    s.run(f"INSERT INTO right VALUES {row('b', user='u-2', action='view')}, {row('c', user='u-3')}, {row('a')}")
    assert s.value("SELECT count() FROM right FINAL") == "3"


@says(24)
def merges_come_when_they_come(s):
    s.run("CREATE TABLE events_raw (event_id String, ts DateTime) ENGINE = ReplacingMergeTree ORDER BY event_id")
    s.run("CREATE TABLE monthly (event_id String, ts DateTime) ENGINE = ReplacingMergeTree ORDER BY event_id PARTITION BY toYYYYMM(ts)")
    s.run("SYSTEM STOP MERGES events_raw")
    for table, second in (("events_raw", "2026-01-18 12:34:57"), ("monthly", "2026-02-01 00:00:00")):
        s.run(f"INSERT INTO {table} VALUES ('a', '2026-01-18 12:34:56')")
        s.run(f"INSERT INTO {table} VALUES ('a', '{second}')")
    assert s.value("SELECT count() FROM events_raw") == "2"
    assert s.value("SELECT count() FROM events_raw FINAL") == "1"
    s.run("OPTIMIZE TABLE monthly FINAL")
    assert s.value("SELECT count() FROM monthly") == "2", "merged across partitions"


@says(25)
def a_version_only_chooses(s):
    s.run("CREATE TABLE events_raw (event_id String, amount Float64, version UInt64) ENGINE = ReplacingMergeTree(version) ORDER BY event_id")
    s.run("SYSTEM STOP MERGES events_raw")
    s.run("INSERT INTO events_raw VALUES ('a', 2, 2)")
    s.run("INSERT INTO events_raw VALUES ('a', 1, 1)")
    assert s.run("SELECT count(), sum(amount) FROM events_raw") == [["2", "3"]]
    assert s.run("SELECT count(), sum(amount) FROM events_raw FINAL") == [["1", "2"]]


@says(26)
def a_day_in_the_key_is_no_partition(s):
    s.run(f"CREATE TABLE events_raw {COLUMNS} ENGINE = MergeTree ORDER BY (project, toYYYYMMDD(ts), ts)")
    s.run_block()
    for table in ("events_raw", "right"):
        s.run(f"INSERT INTO {table} VALUES {row('a')}, {row('b', ts='2026-02-18 00:00:00')}")
    count = "SELECT uniqExact(partition) FROM system.parts WHERE database = '{}' AND table = '{}' AND active"
    assert s.value(count.format(s.database, "events_raw")) == "1"
    assert s.value(count.format(s.database, "right")) == "2"
    s.run("CREATE TABLE daily (ts DateTime) ENGINE = MergeTree PARTITION BY toYYYYMMDD(ts) ORDER BY ts")
    s.refused("INSERT INTO daily SELECT toDateTime('2026-01-01 00:00:00') + INTERVAL number DAY FROM numbers(101)", 252, "Too many partitions")
    s.run("ALTER TABLE right DROP PARTITION 202601")
    assert s.run("SELECT event_id FROM right") == [["b"]]


@says(34)
def projections_have_their_place(s):
    s.run(f"CREATE TABLE replacing {COLUMNS} ENGINE = ReplacingMergeTree ORDER BY event_id")
    s.refused("ALTER TABLE replacing ADD PROJECTION p (SELECT project, count() GROUP BY project)", 344, "deduplicate_merge_projection_mode")
    s.run("CREATE TABLE raw (ts DateTime, project String, amount Float64) ENGINE = MergeTree ORDER BY ts")
    s.run("INSERT INTO raw SELECT toDateTime('2026-01-18 12:00:00') + number, toString(number % 5), 1 FROM numbers(100000)")
    question = "EXPLAIN projections = 1 SELECT project, {} FROM raw {} GROUP BY project"
    adds, materializes = [part for part in s.block().split(";") if part.strip()]
    s.run(adds)
    assert "per_minute" not in s.text(question.format("count()", "")), "the old part has it without MATERIALIZE"
    s.run(materializes, mutations_sync=2)
    served = {"count()": "", "sum(amount)": "WHERE toStartOfMinute(ts) >= '2026-01-18 12:30:00'"}
    not_served = {"count()": "WHERE ts >= '2026-01-18 12:30:00'", "uniq(amount)": ""}
    for what, where in served.items():
        assert "ReadFromMergeTree (per_minute)" in s.text(question.format(what, where)), (what, where)
    for what, where in not_served.items():
        assert "per_minute" not in s.text(question.format(what, where)), (what, where)


@says(35)
def views_count_what_replacing_replaces(s):
    s.run(f"CREATE TABLE events_raw {COLUMNS} ENGINE = ReplacingMergeTree ORDER BY (project, ts, event_id)")
    s.run("CREATE TABLE events_minute_agg (agg_minute DateTime, project String, action String, total_count UInt64, total_amount Float64) "
          "ENGINE = SummingMergeTree() ORDER BY (project, action, agg_minute)")
    s.run("CREATE MATERIALIZED VIEW mv_events_minute TO events_minute_agg AS SELECT toStartOfMinute(ts) AS agg_minute, project, action, "
          "count() AS total_count, sum(amount) AS total_amount FROM events_raw GROUP BY agg_minute, project, action")
    for _ in range(2):
        s.run(f"INSERT INTO events_raw VALUES {row('a')}")
    s.run("OPTIMIZE TABLE events_raw FINAL")
    s.run("OPTIMIZE TABLE events_minute_agg FINAL")
    assert s.value("SELECT count() FROM events_raw") == "1"
    assert s.run("SELECT total_count, total_amount FROM events_minute_agg") == [["2", "59.98"]]


@says(36)
def a_view_begins_with_its_creation(s):
    s.run("CREATE TABLE raw (project String) ENGINE = MergeTree ORDER BY project")
    s.run("CREATE TABLE sums (project String, c UInt64) ENGINE = SummingMergeTree ORDER BY project")
    s.run("INSERT INTO raw VALUES ('old')")
    s.run("CREATE MATERIALIZED VIEW mv TO sums AS SELECT project, count() AS c FROM raw GROUP BY project")
    s.run("INSERT INTO raw VALUES ('new')")
    assert s.run("SELECT project FROM sums") == [["new"]]
    # Freshet: the view was added after `backfill` had its events.
    assert s.freshet.query("SELECT project, total FROM added_later WHERE project = 'backfill'") == [["backfill", "3"]]


@says(37)
def a_column_without_a_zone(s):
    s.run("CREATE TABLE raw (ts DateTime('UTC')) ENGINE = MergeTree ORDER BY ts")
    s.run("CREATE TABLE agg (agg_minute DateTime) ENGINE = MergeTree ORDER BY agg_minute")
    s.run("CREATE MATERIALIZED VIEW mv TO agg AS SELECT toStartOfMinute(ts) AS agg_minute FROM raw")
    s.run("INSERT INTO raw VALUES ('2026-01-18 12:34:56')")
    assert s.value("SELECT agg_minute FROM agg", session_timezone="America/New_York") == "2026-01-18 07:34:00"
    assert s.value("SELECT ts FROM raw", session_timezone="America/New_York") == "2026-01-18 12:34:56"
    assert s.freshet.query("SELECT type FROM system.columns WHERE database = 'shop' AND table = 'events_minute' AND name = 'agg_minute'") \
        == [["DateTime(\\'UTC\\')"]]


@says(38)
def sums_are_not_finished(s):
    s.run("CREATE TABLE agg (bucket DateTime, service String, errors UInt64) ENGINE = SummingMergeTree() ORDER BY (service, bucket)")
    s.run("SYSTEM STOP MERGES agg")
    for count in (3, 4):
        s.run(f"INSERT INTO agg VALUES ('2026-01-18 12:34:50', 'api', {count})")
    assert s.value("SELECT count() FROM agg") == "2"
    assert s.value("SELECT max(errors) FROM agg") == "4"
    assert s.run(s.block()) == [["2026-01-18 12:34:50", "api", "7"]]
    assert s.run("SELECT * FROM agg FINAL") == [["2026-01-18 12:34:50", "api", "7"]]
    # Freshet: the plain view is finished, however many parts lie in the storage.
    for number in range(3):
        s.produce("events", [("k", event(number, project="partial"))])
        eventually(lambda number=number: s.freshet.query("SELECT total_count FROM events_minute WHERE project = 'partial'"), [[str(number + 1)]])


@says(39)
def zeros_vanish(s):
    s.run("CREATE TABLE agg (bucket DateTime, service String, errors UInt64) ENGINE = SummingMergeTree() ORDER BY (service, bucket)")
    s.run("INSERT INTO agg VALUES ('2026-01-18 12:34:50', 'healthy', 0), ('2026-01-18 12:34:50', 'api', 1)")
    assert s.run("SELECT service FROM agg") == [["api"]]
    s.run("CREATE TABLE later AS agg")
    s.run("INSERT INTO later SETTINGS optimize_on_insert = 0 VALUES ('2026-01-18 12:34:50', 'healthy', 0)")
    assert s.value("SELECT count() FROM later") == "1"
    s.run("OPTIMIZE TABLE later FINAL")
    assert s.value("SELECT count() FROM later") == "0"


@says(40)
def one_stream_three_grains(s):
    s.produce("events", [(f"u-{n}", event(n, project="grains", ts=f"2026-01-18T12:{n % 7:02}:{n % 60:02}.5Z", amount=0.25)) for n in range(500)])
    sums = "SELECT sum(total_count), sum(total_amount) FROM {} WHERE project = 'grains'"
    for view in ("events_1s", "events_10s", "events_minute"):
        eventually(lambda view=view: s.freshet.query(sums.format(view)), [["500", "125"]])
    eventually(lambda: s.freshet.query(
        "SELECT count() FROM (SELECT toStartOfMinute(bucket) AS m, sum(total_count) AS c FROM events_1s WHERE project = 'grains' GROUP BY m) AS a "
        "FULL JOIN (SELECT agg_minute AS m, total_count AS c FROM events_minute WHERE project = 'grains') AS b USING m WHERE a.c != b.c"), [["0"]])


@says(41)
def ttl(s):
    s.run("CREATE TABLE events_minute_agg (agg_minute DateTime, project String, total_count UInt64) ENGINE = SummingMergeTree ORDER BY (project, agg_minute)")
    s.run("CREATE TABLE texts (ts String) ENGINE = MergeTree ORDER BY ts")
    s.run("INSERT INTO events_minute_agg VALUES ('2020-01-01 00:00:00', 'old', 1), (now(), 'new', 1)")
    s.run("ALTER TABLE texts MODIFY TTL ts + INTERVAL 7 DAY")
    s.refused("INSERT INTO texts VALUES ('yesterday')", 41, "Cannot read DateTime")
    s.run(s.block(), mutations_sync=2)
    eventually(lambda: s.run("SELECT project FROM events_minute_agg"), [["new"]])
    assert s.freshet.query("SELECT engine_full LIKE '%TTL day + toIntervalDay(3650)%' FROM system.tables WHERE name = 'added_later__v1'") == [["1"]]
    s.saw("FR0306", s.freshet.refusals["events.yaml"])
    assert "'ttl'" in s.freshet.refusals["events.yaml"]
