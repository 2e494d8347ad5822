#!/usr/bin/env python3
"""Sends events to the topic {{topic}} with an idempotent producer, until --count, Ctrl-C or SIGTERM.

What to copy: settings() and Sender. What to replace: event.py, and the loop in main(), by where your events come from.
Exit code 0: every event that was accepted is delivered. 1: not all; those are in the --undelivered file. 2: wrong arguments."""
import argparse
import os
import signal
import sys
import time

from confluent_kafka import KafkaException, Producer

from event import make_event

QUEUE_LIMIT = 10_000  # events that wait here while the broker is away; then send() blocks
STOP_S = 20           # after a signal: less than the 30 s that systemd and Kubernetes give before they kill


def settings(brokers, delivery_timeout_s):
    """Why each of them: docs/producers.md of Freshet."""
    return {
        "bootstrap.servers": brokers,
        "client.id": "python-producer",
        # No loss, no doubles, no reordering by retries of this process.
        "enable.idempotence": True,
        "acks": "all",
        # The same key goes to the same partition as with the Java, Go and Node clients.
        "partitioner": "murmur2_random",
        # Latency against size: wait 5 ms for company, then send together and compressed.
        "linger.ms": 5,
        "batch.size": 262_144,
        "compression.type": "lz4",
        # The broker is away: go on trying with growing pauses, within a bounded queue, for a bounded time.
        "retry.backoff.ms": 100,
        "retry.backoff.max.ms": 2_000,
        "reconnect.backoff.ms": 100,
        "reconnect.backoff.max.ms": 2_000,
        "queue.buffering.max.messages": QUEUE_LIMIT,
        "queue.buffering.max.kbytes": 65_536,
        "delivery.timeout.ms": int(delivery_timeout_s * 1000),
    }


class Sender:
    """Counts what was delivered by its delivery report, and keeps in a file what was not. Belongs to one thread."""

    def __init__(self, config, topic, undelivered_path, on_delivered=None):
        self.producer = Producer(config)
        self.topic = topic
        self.undelivered_path = undelivered_path
        self.on_delivered = on_delivered
        self.delivered = 0
        self.failed = 0
        self.first_error = None

    def send(self, event, stopping=lambda: False):
        """Queues the event. Blocks while the queue is full; False if told to stop meanwhile: it was not accepted.
        ValueError or KafkaException: it was not accepted either."""
        value = event.to_json()
        while True:
            try:
                self.producer.produce(self.topic, key=event.key(), value=value, on_delivery=self._report)
                self.producer.poll(0)  # delivery reports are called from poll() and flush()
                return True
            except BufferError:
                self.producer.poll(0.1)
                if stopping():
                    return False

    def wait(self, seconds):
        """Instead of time.sleep(): delivery reports come meanwhile."""
        self.producer.poll(seconds)

    def flush(self, give_up=lambda: False):
        """Waits until every event is delivered or failed: at most delivery.timeout.ms, or until give_up()."""
        while len(self.producer) > 0 and not give_up():
            self.producer.flush(0.2)
        if len(self.producer) > 0:
            self.producer.purge()
            self.producer.flush(5)

    def _report(self, error, message):
        if error is None:
            self.delivered += 1
            try:
                if self.on_delivered:
                    self.on_delivered(message)
            except Exception as fault:  # it would come out of poll(), and the events behind this one would be lost
                self.first_error = self.first_error or fault
            return
        self.failed += 1
        self.first_error = self.first_error or error
        try:
            with open(self.undelivered_path, "ab") as file:
                file.write(message.value() + b"\n")
        except OSError as fault:
            print(f"error: {fault}: {message.value().decode()}", file=sys.stderr)


class StopSignals:
    """SIGINT and SIGTERM: the first one ends the making of events, a second one (or STOP_S) also the waiting for them."""

    def __init__(self):
        self.count = 0
        self.deadline = None
        signal.signal(signal.SIGINT, self._came)
        signal.signal(signal.SIGTERM, self._came)

    def _came(self, *_):
        self.count += 1
        self.deadline = self.deadline or time.monotonic() + STOP_S

    def stopping(self):
        return self.count > 0

    def give_up(self):
        return self.count > 1 or (self.deadline is not None and time.monotonic() > self.deadline)


def arguments():
    env = os.environ.get
    parser = argparse.ArgumentParser(description="Sends events to Kafka; each option may also come from the environment.")
    parser.add_argument("--brokers", default=env("KAFKA_BROKERS", "{{kafka}}"), help="KAFKA_BROKERS; %(default)s")
    parser.add_argument("--topic", default=env("KAFKA_TOPIC", "{{topic}}"), help="KAFKA_TOPIC; %(default)s")
    parser.add_argument("--rate", type=float, default=env("RATE", "100"), help="RATE: events a second, 0: no pause; %(default)s")
    parser.add_argument("--count", type=int, default=env("COUNT", "0"), help="COUNT: end after so many, 0: until stopped; %(default)s")
    parser.add_argument("--delivery-timeout", type=float, default=env("DELIVERY_TIMEOUT", "120"), metavar="SECONDS",
                        help="DELIVERY_TIMEOUT: an event that is not delivered for so long has failed; %(default)s")
    parser.add_argument("--undelivered", default=env("UNDELIVERED", "undelivered.jsonl"), metavar="FILE",
                        help="UNDELIVERED: where failed events are kept; %(default)s")
    parser.add_argument("--verbose", action="store_true", help="print each delivered event on stdout")
    options = parser.parse_args()
    if options.rate < 0 or options.count < 0 or options.delivery_timeout < 1:
        parser.error("--rate and --count cannot be negative, --delivery-timeout is at least 1")
    return options


def main():
    options = arguments()
    show = (lambda message: print(message.value().decode(), flush=True)) if options.verbose else None
    sender = Sender(settings(options.brokers, options.delivery_timeout), options.topic, options.undelivered, show)
    signals = StopSignals()
    started = time.monotonic()
    accepted = 0
    try:
        while not signals.stopping() and sender.failed == 0 and not (options.count and accepted >= options.count):
            early = accepted / options.rate - (time.monotonic() - started) if options.rate else 0
            if early > 0:
                sender.wait(min(early, 0.1))
                continue
            if not sender.send(make_event(), lambda: signals.stopping() or sender.failed > 0):
                break
            accepted += 1
    except (KafkaException, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        sender.first_error = sender.first_error or error
    finally:  # whatever happened: what was accepted is delivered
        sender.flush(signals.give_up)
    print(f"{sender.delivered} delivered, {sender.failed} not delivered", file=sys.stderr)
    if sender.first_error and not sender.failed:
        print(f"error: {sender.first_error}", file=sys.stderr)
    if sender.failed:
        print(f"error: {sender.first_error}; what was not delivered is in {options.undelivered}", file=sys.stderr)
    return 1 if sender.first_error or sender.delivered != accepted else 0


if __name__ == "__main__":
    sys.exit(main())
