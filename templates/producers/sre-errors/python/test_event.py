"""python3 -m unittest"""
import json
import unittest
from datetime import datetime, timedelta, timezone

from event import Event, make_event

EVENT = Event("uuid-123", datetime(2026, 1, 18, 12, 34, 56, tzinfo=timezone.utc), "billing", "error", "card declined", "web-3",
              "4bf92f3577b34da6", 502, 187.5)


def changed(**fields):
    return Event(**{**EVENT.__dict__, **fields})


class Serialization(unittest.TestCase):
    def test_is_the_documented_json(self):
        self.assertEqual(EVENT.to_json().decode(),
                         '{"event_id":"uuid-123","ts":"2026-01-18T12:34:56.000Z","service":"billing","level":"error",'
                         '"message":"card declined","host":"web-3","trace_id":"4bf92f3577b34da6","status":502,"duration_ms":187.5}')

    def test_key_is_the_service(self):
        self.assertEqual(EVENT.key(), b"billing")

    def test_times_of_any_zone_become_utc_with_milliseconds(self):
        berlin = timezone(timedelta(hours=1))
        event = changed(ts=datetime(2026, 1, 18, 13, 34, 56, 789999, tzinfo=berlin))
        self.assertEqual(json.loads(event.to_json())["ts"], "2026-01-18T12:34:56.789Z")

    def test_text_of_any_kind_survives(self):
        text = 'Zoë says "<hi>" \\ \n\t 東京 🎈'
        self.assertEqual(json.loads(changed(message=text).to_json())["message"], text)
        self.assertIn("東京 🎈".encode(), changed(message=text).to_json())

    def test_refuses_what_cannot_be_kept(self):
        for fields in ({"duration_ms": float("nan")}, {"duration_ms": float("inf")}, {"event_id": ""}, {"message": "\ud83d"},
                       {"status": 65536}, {"status": -1}, {"ts": datetime(2026, 1, 18)}):
            with self.assertRaises(ValueError, msg=str(fields)):
                changed(**fields).to_json()

    def test_made_events_are_distinct_and_complete(self):
        made = [json.loads(make_event().to_json()) for _ in range(1000)]
        self.assertEqual(len({event["event_id"] for event in made}), 1000)
        self.assertTrue(all(list(event) == ["event_id", "ts", "service", "level", "message", "host", "trace_id", "status", "duration_ms"]
                            for event in made))


if __name__ == "__main__":
    unittest.main()
