"""A product event of the stream {{stream}}: what it is, its key, and its JSON. Replace it by your own."""
import json
import random
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime, timezone


@dataclass(frozen=True)
class Event:
    event_id: str
    ts: datetime
    user_id: str
    project: str
    action: str
    amount: float

    def key(self):
        """Events of one user stay in order: they go to one partition."""
        return self.user_id.encode()

    def to_json(self):
        """One JSON object as UTF-8. ValueError for what JSON or Freshet could not keep: NaN, a time without its zone, half
        a surrogate pair, no id."""
        if not self.event_id:
            raise ValueError("an event needs its event_id")
        if self.ts.tzinfo is None:
            raise ValueError("ts needs a time zone: datetime.now(timezone.utc)")
        fields = asdict(self)
        utc = self.ts.astimezone(timezone.utc)
        fields["ts"] = utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def make_event():
    """An example: somebody looks at things, puts some in the cart, buys few."""
    action = random.choices(["view", "cart", "checkout"], [80, 15, 5])[0]
    return Event(
        event_id=str(uuid.uuid4()),
        ts=datetime.now(timezone.utc),
        user_id=f"u-{random.randrange(1000)}",
        project=random.choice(["storefront", "billing", "search", "mobile"]),
        action=action,
        amount=random.randrange(1, 400) / 4 if action == "checkout" else 0.0,
    )
