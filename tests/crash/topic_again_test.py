#!/usr/bin/env python3
"""A topic deleted and made again while everything runs, then other events at the same offsets: all of them arrive."""
import sys

import load
from freshet import Freshet, eventually

EVENTS = 100_000


def made_again_by_its_next_producer():
    again(lambda freshet: freshet.run("topics", "delete", "events"), 2)


def made_again_twice_by_hand():
    def both(freshet):
        for _ in range(2):
            freshet.run("topics", "delete", "events")
            freshet.run("topics", "create", "events", "--partitions", "4")

    again(both, 2)


def again(delete_and_make, epochs):
    with Freshet("telemetry") as freshet:
        freshet.start()
        first = load.Producer(freshet, 0, EVENTS).finish()
        eventually(lambda: load.stream_of(freshet)["ingested"], EVENTS)
        ends = [p["log_end"] for p in load.stream_of(freshet)["partitions"]]
        delete_and_make(freshet)
        second = load.Producer(freshet, 1, EVENTS).finish()
        load.all_is_there_once(freshet, [first, second])
        eventually(lambda: load.stream_of(freshet)["log_end"], EVENTS)
        assert [p["log_end"] for p in load.stream_of(freshet)["partitions"]] == ends, "the same keys give the same offsets"
        rows = freshet.query("SELECT count(), uniqExact(_partition, _offset) FROM events GROUP BY _epoch")
        assert rows == [[str(EVENTS), str(EVENTS)]] * epochs, rows
        # And so it stays when all of it starts again, with a kill in between.
        freshet.kill()
        freshet.start()
        third = load.Producer(freshet, 2, 1000).finish()
        load.all_is_there_once(freshet, [first, second, third])


if __name__ == "__main__":
    sys.exit(load.run_scenarios([made_again_by_its_next_producer, made_again_twice_by_hand]))
