"""kafka-python in its default settings, but for what is asked for."""
from kafka import KafkaConsumer, KafkaProducer
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from options import Request, lines

ASSIGNORS = {"range": RangePartitionAssignor, "roundrobin": RoundRobinPartitionAssignor, "sticky": StickyPartitionAssignor,
             "cooperative-sticky": CooperativeStickyAssignor}
request = Request()
settings = {"bootstrap_servers": request.broker}


def produce():
    if request.get("compression"):
        settings["compression_type"] = request.get("compression")
    if request.get("idempotent"):
        settings["enable_idempotence"] = request.get("idempotent") == "yes"
    if request.get("acks"):
        settings["acks"] = int(request.get("acks"))
    producer = KafkaProducer(**settings)
    sent = [producer.send(request.topic, key=key.encode(), value=value.encode()) for key, value in lines()]
    producer.flush(60)
    for future in sent:
        future.get(60)
    producer.close()


def consume():
    settings.update(group_id=request.group, auto_offset_reset="earliest")
    if request.get("assignor"):
        settings["partition_assignment_strategy"] = [ASSIGNORS[request.get("assignor")]]
    if request.get("instance"):
        settings["group_instance_id"] = request.get("instance")
    consumer = KafkaConsumer(request.topic, **settings)
    seen = 0
    while request.more(seen):
        left = None if request.count is None else request.count - seen
        for messages in consumer.poll(timeout_ms=200, max_records=left).values():
            for message in messages:
                request.show(message.partition, message.key, message.value)
                seen += 1
    consumer.close()


produce() if request.verb == "produce" else consume()
