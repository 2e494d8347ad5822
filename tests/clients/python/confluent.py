"""confluent-kafka in its default settings, but for what is asked for."""
import sys

from confluent_kafka import Consumer, KafkaException, Producer
from options import Request, lines

request = Request()
settings = {"bootstrap.servers": request.broker}


def produce():
    if request.get("compression"):
        settings["compression.type"] = request.get("compression")
    if request.get("idempotent"):
        settings["enable.idempotence"] = request.get("idempotent") == "yes"
    if request.get("acks"):
        settings["acks"] = request.get("acks")
    failures = []
    producer = Producer(settings)
    for key, value in lines():
        producer.produce(request.topic, key=key, value=value, callback=lambda error, _: error and failures.append(error))
        producer.poll(0)
    left = producer.flush(60)
    sys.exit(f"{left} not delivered, {failures[:1]}" if left or failures else 0)


def consume():
    settings.update({"group.id": request.group, "auto.offset.reset": "earliest"})
    if request.get("assignor"):
        settings["partition.assignment.strategy"] = request.get("assignor")
    if request.get("instance"):
        settings["group.instance.id"] = request.get("instance")
    consumer = Consumer(settings)
    consumer.subscribe([request.topic])
    seen = 0
    while request.more(seen):
        message = consumer.poll(0.2)
        if message is None:
            continue
        if message.error():
            raise KafkaException(message.error())
        request.show(message.partition(), message.key(), message.value())
        seen += 1
    consumer.close()


produce() if request.verb == "produce" else consume()
