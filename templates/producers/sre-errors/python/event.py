"""A log event of the stream {{stream}}: what it is, its key, and its JSON. Replace it by your own."""
import json
import random
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime, timezone


@dataclass(frozen=True)
class Event:
    event_id: str
    ts: datetime
    service: str
    level: str
    message: str
    host: str
    trace_id: str
    status: int
    duration_ms: float

    def key(self):
        """Events of one service stay in order: they go to one partition."""
        return self.service.encode()

    def to_json(self):
        """One JSON object as UTF-8. ValueError for what JSON or Freshet could not keep: NaN, a time without its zone, half
        a surrogate pair, no id, a status that is no UInt16."""
        if not self.event_id:
            raise ValueError("an event needs its event_id")
        if self.ts.tzinfo is None:
            raise ValueError("ts needs a time zone: datetime.now(timezone.utc)")
        if not 0 <= self.status <= 65535:
            raise ValueError(f"status {self.status} is no UInt16")
        fields = asdict(self)
        utc = self.ts.astimezone(timezone.utc)
        fields["ts"] = utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def make_event():
    """An example: services that mostly answer, and sometimes do not."""
    level = random.choices(["info", "warn", "error"], [90, 7, 3])[0]
    return Event(
        event_id=str(uuid.uuid4()),
        ts=datetime.now(timezone.utc),
        service=random.choice(["gateway", "billing", "search", "mailer"]),
        level=level,
        message="upstream timed out" if level == "error" else "request served",
        host=f"web-{random.randrange(1, 9)}",
        trace_id=f"{random.getrandbits(64):016x}",
        status=502 if level == "error" else 200,
        duration_ms=random.randrange(1, 4000) / 4,
    )
