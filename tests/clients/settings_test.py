#!/usr/bin/env python3
"""What clients can be set to: each compression, idempotence, acks and protocol version that they offer; every value arrives as it
was sent, once. settings_test.py [CLIENT…]"""
import sys

from programs import CLIENTS, finish, run_cases, run_client
from freshet import Freshet

COUNT = 200
ALL = ["none", "gzip", "snappy", "lz4", "zstd"]
# Per client: what produces, one list a run.
SETTINGS = {
    "confluent": [*([f"compression={codec}", "idempotent=yes"] for codec in ALL), ["acks=0"], ["acks=1"], ["idempotent=no"]],
    "kafka_python": [*([f"compression={codec}"] for codec in ALL[1:]), ["idempotent=no", "acks=1"], ["idempotent=no", "acks=0"]],
    "aiokafka": [*([f"compression={codec}"] for codec in ALL[1:]), ["idempotent=yes"], ["acks=0"]],
    "kafkajs": [["compression=gzip"], ["idempotent=yes"], ["acks=0"], ["acks=1"]],
    "franz": [*([f"compression={codec}"] for codec in ALL), ["idempotent=no"]],
    "sarama": [*([f"compression={codec}"] for codec in ALL[1:]), ["idempotent=yes"], ["version=newest"],
               ["version=newest", "idempotent=yes", "compression=zstd"], ["version=0.11.0.0"], ["version=1.0.0"], ["version=2.1.0"], ["version=3.6.0"], ["version=4.0.0"]],
    "kafkago": [*([f"compression={codec}"] for codec in ALL[1:]), ["acks=1"], ["acks=0"]],
    "kcat": [*([f"compression={codec}"] for codec in ALL[1:]), ["idempotent=yes"], ["acks=0"]],
    "java": [["compression=lz4"], ["compression=zstd"], ["compression=snappy", "idempotent=no", "acks=1"], ["compression=gzip", "idempotent=no", "acks=0"]],
}


def arrives_once(freshet, name, options):
    """Values of many sizes, some worth compressing, read back by the same client and by librdkafka."""
    topic = "-".join(["t", name, *(option.replace("=", "-") for option in options)])
    freshet.run("topics", "create", topic, "--partitions", "2")
    lines = [f"k{number}\tvalue {number} {'snow ' * (number % 97)}end" for number in range(COUNT)]
    run_client(CLIENTS[name].produce(freshet.kafka, topic, options), "".join(line + "\n" for line in lines))
    version = [option for option in options if option.startswith("version=")]
    readers = {"kcat": []} if name in ("java", "kcat") else {name: version, "kcat": []}
    for reader, reader_options in readers.items():
        output = run_client(CLIENTS[reader].consume(freshet.kafka, topic, f"g-{topic}-{reader}", COUNT, reader_options))
        assert sorted(output.splitlines()) == sorted(lines), f"{reader} read {len(output.splitlines())} lines: {output[:300]}"


def main():
    with Freshet("telemetry") as freshet:
        freshet.start()
        cases = [(f"{name} {' '.join(options)}", lambda name=name, options=options: arrives_once(freshet, name, options))
                 for name in sys.argv[1:] or SETTINGS for options in SETTINGS[name]]
        return finish(freshet, *run_cases(cases, 4))


if __name__ == "__main__":
    sys.exit(main())
