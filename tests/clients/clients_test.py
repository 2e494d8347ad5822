#!/usr/bin/env python3
"""Every client feeds a whole `freshet up` and reads from it (README.md). clients_test.py [CLIENT…]"""
import json
import random
import sys

from programs import CLIENTS, HERE, PYTHON, finish, run_cases, run_client
from freshet import Freshet, eventually

EVENTS = 1000
WORDS = 300


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
    run_client(CLIENTS[name].produce(freshet.kafka, "events"), lines)

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
    run_client(CLIENTS[name].produce(freshet.kafka, topic), "".join(line + "\n" for line in lines))
    output = run_client(CLIENTS[name].consume(freshet.kafka, topic, f"group-{name}", WORDS))
    assert sorted(output.splitlines()) == sorted(lines), f"{len(output.splitlines())} lines, expected {WORDS}: {output[:300]}"
    # The group goes on where it was: the next one sees only what came since.
    more = [f"k{number}\tsecond word number {number}" for number in range(WORDS)]
    run_client(CLIENTS[name].produce(freshet.kafka, topic), "".join(line + "\n" for line in more))
    output = run_client(CLIENTS[name].consume(freshet.kafka, topic, f"group-{name}", WORDS))
    assert sorted(output.splitlines()) == sorted(more), f"the group did not go on where it was: {output[:300]}"


def article(freshet):
    run_client([PYTHON, f"{HERE}/python/article.py", freshet.kafka])
    eventually(lambda: freshet.query("SELECT agg_minute, project, action, total_count, total_amount FROM events_minute WHERE project = 'billing'"),
               [["2026-01-18 12:34:00", "billing", "checkout", "1", "29.99"]])


def main():
    with Freshet("telemetry") as freshet:
        freshet.start()
        cases = []
        for name in sys.argv[1:] or ["article", *CLIENTS]:
            if name == "article":
                cases.append(("article", lambda: article(freshet)))
                continue
            for test in (feeds_the_views, reads_in_a_group):
                cases.append((f"{name} {test.__name__}", lambda test=test, name=name: test(freshet, name)))
        return finish(freshet, *run_cases(cases, 2))


if __name__ == "__main__":
    sys.exit(main())
