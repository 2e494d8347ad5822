"""python3 -m unittest"""
import json
import unittest
from datetime import datetime, timedelta, timezone

from event import Event, make_event

EVENT = Event("uuid-123", datetime(2026, 1, 18, 12, 34, 56, tzinfo=timezone.utc), "u-1000", "billing", "checkout", 29.99)


def changed(**fields):
    return Event(**{**EVENT.__dict__, **fields})


class Serialization(unittest.TestCase):
    def test_is_the_documented_json(self):
        self.assertEqual(EVENT.to_json().decode(),
                         '{"event_id":"uuid-123","ts":"2026-01-18T12:34:56.000Z","user_id":"u-1000","project":"billing",'
                         '"action":"checkout","amount":29.99}')

    def test_key_is_the_user(self):
        self.assertEqual(EVENT.key(), b"u-1000")

    def test_times_of_any_zone_become_utc_with_milliseconds(self):
        berlin = timezone(timedelta(hours=1))
        event = changed(ts=datetime(2026, 1, 18, 13, 34, 56, 789999, tzinfo=berlin))
        self.assertEqual(json.loads(event.to_json())["ts"], "2026-01-18T12:34:56.789Z")

    def test_text_of_any_kind_survives(self):
        text = 'Zoë says "<hi>" \\ \n\t 東京 🎈'
        self.assertEqual(json.loads(changed(project=text).to_json())["project"], text)
        self.assertIn("東京 🎈".encode(), changed(project=text).to_json())

    def test_refuses_what_cannot_be_kept(self):
        for fields in ({"amount": float("nan")}, {"amount": float("inf")}, {"event_id": ""}, {"user_id": "\ud83d"},
                       {"ts": datetime(2026, 1, 18)}):
            with self.assertRaises(ValueError, msg=str(fields)):
                changed(**fields).to_json()

    def test_made_events_are_distinct_and_complete(self):
        made = [json.loads(make_event().to_json()) for _ in range(1000)]
        self.assertEqual(len({event["event_id"] for event in made}), 1000)
        self.assertTrue(all(list(event) == ["event_id", "ts", "user_id", "project", "action", "amount"] for event in made))


if __name__ == "__main__":
    unittest.main()
