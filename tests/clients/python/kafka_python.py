"""kafka-python in its default settings."""
import sys

from kafka import KafkaConsumer, KafkaProducer

verb, broker, topic = sys.argv[1:4]
if verb == "produce":
    producer = KafkaProducer(bootstrap_servers=broker)
    sent = [producer.send(topic, key=key.encode(), value=value.encode())
            for key, value in (line.rstrip("\n").split("\t", 1) for line in sys.stdin)]
    producer.flush(60)
    for future in sent:
        future.get(60)
    producer.close()
else:
    consumer = KafkaConsumer(topic, bootstrap_servers=broker, group_id=sys.argv[4], auto_offset_reset="earliest")
    left = int(sys.argv[5])
    for message in consumer:
        print(f"{message.key.decode()}\t{message.value.decode()}")
        left -= 1
        if left == 0:
            break
    consumer.close()
