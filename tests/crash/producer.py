#!/usr/bin/env python3
"""Sends COUNT events at RATE a second with an idempotent confluent-kafka producer, whatever happens to the broker, and then
prints as JSON what the views must say of them. SIGTERM: no more events, but those that were sent are delivered. producer.py BROKER NUMBER COUNT RATE SEED"""
import json
import random
import signal
import sys
import time

from confluent_kafka import Producer

broker, number, count, rate, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])
chance = random.Random(seed * 1000 + number)
failures = []
delivered = 0


def done(error, _):
    global delivered
    if error:
        failures.append(str(error))
    else:
        delivered += 1


ended = False


def end(*_):
    global ended
    ended = True


signal.signal(signal.SIGTERM, end)
producer = Producer({"bootstrap.servers": broker, "enable.idempotence": True, "linger.ms": 5, "message.timeout.ms": 600000,
                     "reconnect.backoff.max.ms": 500, "compression.codec": ["none", "lz4", "zstd", "snappy"][number % 4]})
sums = {}
started = time.monotonic()
sent = 0
for i in range(count):
    if ended:
        break
    if i % 64 == 0:
        while (ahead := i / rate - (time.monotonic() - started)) > 0:
            producer.poll(min(ahead, 0.05))
    action = ("view", "cart", "checkout")[i % 3]
    minute, second, quarters = i % 10, i % 60, chance.randrange(1, 400)  # quarters: their sums are exact in any order
    value = (f'{{"event_id":"{seed}-{number}-{i}","ts":"2026-01-18T12:{minute:02}:{second:02}Z","user_id":"u-{i % 997}",'
             f'"project":"p{number}","action":"{action}","amount":{quarters / 4}}}')
    total = sums.setdefault(f"{minute}|{action}", [0, 0])
    total[0] += 1
    total[1] += quarters
    sent += 1
    while True:
        try:
            producer.produce("events", key=f"u-{i % 997}", value=value, callback=done)
            break
        except BufferError:
            producer.poll(0.1)
while producer.flush(1):
    pass
json.dump({"sent": sent, "delivered": delivered, "failures": failures[:3], "failed": len(failures), "sums": sums,
           "seconds": time.monotonic() - started}, sys.stdout)
