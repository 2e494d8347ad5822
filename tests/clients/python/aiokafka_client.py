"""aiokafka in its default settings."""
import asyncio
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

verb, broker, topic = sys.argv[1:4]


async def produce():
    producer = AIOKafkaProducer(bootstrap_servers=broker)
    await producer.start()
    try:
        sent = []
        for line in sys.stdin:
            key, value = line.rstrip("\n").split("\t", 1)
            sent.append(await producer.send(topic, key=key.encode(), value=value.encode()))
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


async def consume(group, count):
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=broker, group_id=group, auto_offset_reset="earliest")
    await consumer.start()
    try:
        for _ in range(count):
            message = await consumer.getone()
            print(f"{message.key.decode()}\t{message.value.decode()}")
    finally:
        await consumer.stop()


asyncio.run(produce() if verb == "produce" else consume(sys.argv[4], int(sys.argv[5])))
