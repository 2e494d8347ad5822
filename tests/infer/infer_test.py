#!/usr/bin/env python3
"""A developer's own topic becomes a stream with views: a messy topic is produced, `freshet streams infer --views` writes
its stream, `up` takes it as it stands, and the rows, the dead letters and the sums of every suggested view are those that
this test computes from what it produced. A last line counts: "N passed, N failed"."""
import datetime
import json
import os
import random
import sys
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../harness"))
from freshet import Freshet, eventually

RECORDS = 6000
START = 1_768_739_696


def messy_records(chance, count=RECORDS):
    """What a web shop's three services write: times in two forms, fields that come and go, nulls, keys as data."""
    records = []
    for i in range(count):
        at = START + i * 2 + chance.random()
        millis = int(at * 1000)
        text = datetime.datetime.fromtimestamp(millis / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        record = {
            "event_id": f"evt-{i:06}",
            "ts": text if i % 3 else millis,
            "action": chance.choice(["view", "view", "view", "cart", "checkout"]),
            "user": {"id": f"u-{chance.randrange(700)}", "country": chance.choice(["DE", "FR", "US", "IT", "JP"]),
                     "tags": chance.sample(["new", "vip", "beta", "eu"], chance.randrange(3))},
            "path": f"/product/{chance.randrange(60)}",
            "response": {"status": chance.choice([200, 200, 200, 404, 500])},
            "ip": f"192.0.2.{chance.randrange(256)}",
            "headers": {"user-agent": "x/1", "x-request-id": f"r{i}"},
        }
        if record["action"] == "checkout":
            record["amount"] = chance.choice([5, 19.99, 250.5, 0])
        elif i % 7 == 0:
            record["amount"] = None
        if i % 4 == 0:
            record["@version"] = "1"
        if i % 5 == 0:
            record["quantity"] = chance.randrange(5)
        if i % 2:
            record["is_app"] = bool(i % 4 == 1)
        records.append(record)
    return records


def lines_of(records, chance):
    """As a topic would hold them: with a few that are broken, CRLF ends, and keys written twice."""
    lines = []
    for i, record in enumerate(records):
        line = json.dumps(record)
        if i % 997 == 0:
            line = line[:-1] + ', "action": ' + json.dumps(record["action"]) + "}"
        lines.append(line + ("\r" if i % 10 == 0 else ""))
    broken = ["not json", "[1, 2]", '{"event_id": "evt-x", "ts"', "42", '{"event_id": "evt-y", "ts": "yesterday", "action": "view"}']
    for line in broken:
        lines.insert(chance.randrange(len(lines)), line)
    return lines, len(broken)


def time_of(record):
    ts = record["ts"]
    if isinstance(ts, int):
        return ts // 1000
    return int(datetime.datetime.fromisoformat(ts.replace("Z", "+00:00")).timestamp())


def sums_by(records, key, width_s):
    """{(bucket, values…): [count, amount, quantity]} as the suggested views should have them."""
    sums = {}
    for record in records:
        at = time_of(record) // width_s * width_s
        row = sums.setdefault((at, *key(record)), [0, 0.0, 0])
        row[0] += 1
        row[1] += record.get("amount") or 0
        row[2] += record.get("quantity") or 0
    return {key: (count, round(amount, 2), quantity) for key, (count, amount, quantity) in sums.items()}


def rows_of(freshet, view, bucket, keys):
    sql = f"SELECT toUnixTimestamp({bucket}), {', '.join(keys)}, total_count, round(total_amount, 2), total_quantity FROM {view}"
    found = {}
    for row in freshet.query(sql):
        key = (int(row[0]), *row[1:1 + len(keys)])
        assert key not in found, f"{view} answers {key} twice"
        found[key] = (int(row[-3]), float(row[-2]), int(row[-1]))
    return found


def a_messy_topic_becomes_a_stream_with_views():
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(1 << 30)))
    print(f"seed {seed} (again with SEED={seed})")
    chance = random.Random(seed)
    records = messy_records(chance)
    lines, broken = lines_of(records, chance)
    with Freshet("telemetry") as freshet:
        freshet.start()
        freshet.run("topics", "create", "web.clicks", "--partitions", "3")
        freshet.run("produce", "web.clicks", stdin="\n".join(lines) + "\n")
        status = freshet.run("status")
        assert "`freshet streams infer web.clicks`" in status, status

        analysis = json.loads(freshet.run("--json", "streams", "infer", "web.clicks", "--name", "clicks", "--views"))
        types = {column["name"]: column["type"] for column in analysis["columns"]}
        assert types == {
            "event_id": "String", "ts": "DateTime64(3, 'UTC')", "action": "LowCardinality(String)", "user.id": "String",
            "user.country": "LowCardinality(String)", "user.tags": "Array(LowCardinality(String))",
            "path": "LowCardinality(String)", "response.status": "UInt16", "ip": "IPv4", "headers": "Map(LowCardinality(String), String)",
            "amount": "Nullable(Float64)", "quantity": "Nullable(Int64)", "is_app": "Nullable(Bool)"}, types
        assert (analysis["id"], analysis["time"], analysis["partitions"]) == ("event_id", "ts", 3), analysis
        assert analysis["order_by"] == ["action", "user.country", "ts"], analysis["order_by"]
        assert (analysis["rows"], len(analysis["views"])) == (RECORDS, 3), analysis
        assert [field["name"] for field in analysis["left_out"]] == ["@version"], analysis["left_out"]
        files = [os.path.relpath(path, freshet.folder) for path in analysis["written"]]
        assert files == ["streams/clicks.yaml", "views/clicks_minute.sql", "views/clicks_10s.sql", "views/clicks_hour.sql"], files

        freshet.kill(2)
        freshet.start()
        eventually(lambda: freshet.query("SELECT count(), uniqExact(event_id) FROM clicks"), [[str(RECORDS), str(RECORDS)]])
        eventually(lambda: freshet.query("SELECT count() FROM shop__freshet.dead_letters WHERE stream = 'clicks'"), [[str(broken)]])
        more = messy_records(chance, 500)
        for i, record in enumerate(more):
            record["event_id"] = f"evt-more-{i}"
        freshet.run("produce", "web.clicks", stdin="\n".join(json.dumps(record) for record in more) + "\n")
        eventually(lambda: freshet.query("SELECT count() FROM clicks"), [[str(RECORDS + 500)]])
        everything = records + more
        for view, bucket, keys, width_s, key in (
                ("clicks_minute", "minute", ["action"], 60, lambda r: (r["action"],)),
                ("clicks_10s", "bucket", ["action", "user_country"], 10, lambda r: (r["action"], r["user"]["country"])),
                ("clicks_hour", "hour", ["path"], 3600, lambda r: (r["path"],))):
            eventually(lambda: rows_of(freshet, view, bucket, keys), sums_by(everything, key, width_s), 30)

        freshet.kill(2)
        freshet.start()  # what infer wrote is also what the table is compared with
        assert freshet.query("SELECT count() FROM clicks") == [[str(RECORDS + 500)]]


def a_topic_without_any_time_or_dimension_is_taken_too():
    with Freshet("telemetry") as freshet:
        freshet.start()
        freshet.run("produce", "scores", stdin="".join(json.dumps({"from": i, "null": i % 5, "rest": {"a b": i}}) + "\n" for i in range(300)))
        freshet.run("streams", "infer", "scores", "--views")
        freshet.kill(2)
        freshet.start()
        eventually(lambda: freshet.query("SELECT count(), sum(`from`), sum(`null`), sum(rest['a b']) FROM scores"),
                   [["300", str(sum(range(300))), str(sum(i % 5 for i in range(300))), str(sum(range(300)))]])


def words_of_sql_and_dates_are_taken_too():
    """Names that SQL reads otherwise, days instead of times, and a stream whose name is a word of SQL."""
    records = [{"day": f"2026-01-{i % 28 + 1:02}", "group": f"g{i % 3}", "from": f"f{i % 4}", "amount": i, "order": i % 2 == 0}
               for i in range(400)]
    with Freshet("telemetry") as freshet:
        freshet.start()
        freshet.run("produce", "order", stdin="".join(json.dumps(record) + "\n" for record in records))
        freshet.run("streams", "infer", "order", "--views")
        freshet.kill(2)
        freshet.start()
        eventually(lambda: freshet.query("SELECT count() FROM `order`"), [["400"]])
        sums = {}
        for record in records:
            key = (record["day"], record["group"], record["from"])
            count, amount = sums.get(key, (0, 0))
            sums[key] = (count + 1, amount + record["amount"])
        # 2026-01-01 was a Thursday: weeks begin on Monday.
        weeks = {}
        for (day, group, source), (count, amount) in sums.items():
            date = datetime.date.fromisoformat(day)
            key = (str(date - datetime.timedelta(date.weekday())), group, source)
            have = weeks.get(key, (0, 0))
            weeks[key] = (have[0] + count, have[1] + amount)
        eventually(lambda: {tuple(row[:3]): (int(row[3]), int(row[4])) for row in freshet.query(
            "SELECT week, `group`, `from`, total_count, total_amount FROM order_week")}, weeks)
        eventually(lambda: freshet.query("SELECT count(), sum(total_count), sum(total_amount) FROM order_day"),
                   [[str(28 * 3), "400", str(sum(range(400)))]])


def the_sample_reaches_from_the_oldest_to_the_newest():
    """The newest tenth has another field and another type: a sample of the oldest records would not know."""
    with Freshet("telemetry") as freshet:
        freshet.start()
        old = [json.dumps({"id": i, "v": i}) for i in range(9000)]
        new = [json.dumps({"id": 9000 + i, "v": i + 0.5, "late": "x"}) for i in range(1000)]
        freshet.run("produce", "drift", stdin="\n".join(old + new) + "\n")
        analysis = json.loads(freshet.run("--json", "streams", "infer", "drift", "--limit", "800", "--out", "-"))
        types = {column["name"]: column["type"] for column in analysis["columns"]}
        assert analysis["records"] == 800, analysis["records"]
        assert types["v"] == "Float64" and "late" in types, types
        assert analysis["id"] == "id" and analysis["written"] == [], analysis


def main():
    passed = failed = 0
    for test in (a_messy_topic_becomes_a_stream_with_views, a_topic_without_any_time_or_dimension_is_taken_too,
                 words_of_sql_and_dates_are_taken_too, the_sample_reaches_from_the_oldest_to_the_newest):
        try:
            test()
            passed += 1
            print(f"ok     {test.__name__}", flush=True)
        except Exception:  # noqa: BLE001: every failure is shown, the other tests run
            failed += 1
            print(f"FAILED {test.__name__}\n{traceback.format_exc()}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
