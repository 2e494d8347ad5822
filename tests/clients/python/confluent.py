"""confluent-kafka in its default settings."""
import sys

from confluent_kafka import Consumer, KafkaException, Producer

verb, broker, topic = sys.argv[1:4]
if verb == "produce":
    failures = []
    producer = Producer({"bootstrap.servers": broker})
    for line in sys.stdin:
        key, value = line.rstrip("\n").split("\t", 1)
        producer.produce(topic, key=key, value=value, callback=lambda error, _: error and failures.append(error))
        producer.poll(0)
    left = producer.flush(60)
    sys.exit(f"{left} not delivered, {failures[:1]}" if left or failures else 0)

consumer = Consumer({"bootstrap.servers": broker, "group.id": sys.argv[4], "auto.offset.reset": "earliest"})
consumer.subscribe([topic])
for _ in range(int(sys.argv[5])):
    while (message := consumer.poll(60)) is None:
        pass
    if message.error():
        raise KafkaException(message.error())
    print(f"{message.key().decode()}\t{message.value().decode()}")
consumer.close()
