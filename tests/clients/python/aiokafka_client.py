"""aiokafka in its default settings, but for what is asked for."""
import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from options import Request, lines

ASSIGNORS = {"range": RangePartitionAssignor, "roundrobin": RoundRobinPartitionAssignor, "sticky": StickyPartitionAssignor}
request = Request()
settings = {"bootstrap_servers": request.broker}


async def produce():
    if request.get("compression"):
        settings["compression_type"] = request.get("compression")
    if request.get("idempotent"):
        settings["enable_idempotence"] = request.get("idempotent") == "yes"
    if request.get("acks"):
        settings["acks"] = int(request.get("acks"))
    producer = AIOKafkaProducer(**settings)
    await producer.start()
    try:
        sent = [await producer.send(request.topic, key=key.encode(), value=value.encode()) for key, value in lines()]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


async def consume():
    settings.update(group_id=request.group, auto_offset_reset="earliest")
    if request.get("assignor"):
        settings["partition_assignment_strategy"] = (ASSIGNORS[request.get("assignor")],)
    if request.get("instance"):
        settings["group_instance_id"] = request.get("instance")
    consumer = AIOKafkaConsumer(request.topic, **settings)
    await consumer.start()
    seen = 0
    try:
        while request.more(seen):
            left = None if request.count is None else request.count - seen
            for messages in (await consumer.getmany(timeout_ms=200, max_records=left)).values():
                for message in messages:
                    request.show(message.partition, message.key, message.value)
                    seen += 1
    finally:
        await consumer.stop()


asyncio.run(produce() if request.verb == "produce" else consume())
