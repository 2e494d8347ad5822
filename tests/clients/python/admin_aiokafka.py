"""Run by admin_test.py with the clients' Python: what aiokafka's admin client asks of one broker. admin BROKER TOPIC"""
import asyncio
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

broker, topic = sys.argv[2:4]
group = f"g-{topic}"
FIRST = TopicPartition(topic, 0)
TOPIC_ALREADY_EXISTS = 36


def expect(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: {got!r}, expected {wanted!r}")


async def setting(admin, name):
    answer = (await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {name: None})], include_synonyms=True))[0]
    return answer.resources[0][4][0][1]


async def topics(admin):
    created = await admin.create_topics([NewTopic(topic, 2, 1, topic_configs={"retention.ms": "3600000"})])
    expect("created", created.topic_errors[0][1], 0)
    again = await admin.create_topics([NewTopic(topic, 2, 1)])
    expect("created twice", again.topic_errors[0][1], TOPIC_ALREADY_EXISTS)
    await admin.create_partitions({topic: NewPartitions(3)})
    expect("listed", topic in await admin.list_topics(), True)
    expect("partitions", len((await admin.describe_topics([topic]))[0]["partitions"]), 3)
    expect("brokers", len((await admin.describe_cluster())["brokers"]), 1)
    expect("retention.ms", await setting(admin, "retention.ms"), "3600000")
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"retention.bytes": "7000000"})])
    expect("altered", await setting(admin, "retention.bytes"), "7000000")


async def records(admin):
    async with AIOKafkaProducer(bootstrap_servers=broker) as producer:
        for number in range(10):
            await producer.send_and_wait(topic, str(number).encode(), partition=0)
    async with AIOKafkaConsumer(bootstrap_servers=broker) as consumer:
        offsets = lambda: asyncio.gather(consumer.beginning_offsets([FIRST]), consumer.end_offsets([FIRST]), consumer.offsets_for_times({FIRST: 1}))
        start, end, timed = await offsets()
        expect("start, end, by time", (start[FIRST], end[FIRST], timed[FIRST].offset), (0, 10, 0))
        expect("low watermark", (await admin.delete_records({FIRST: RecordsToDelete(before_offset=3)}))[FIRST], 3)
        expect("start afterwards", (await offsets())[0][FIRST], 3)


async def groups(admin):
    async with AIOKafkaConsumer(topic, bootstrap_servers=broker, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False) as consumer:
        expect("first record", (await asyncio.wait_for(consumer.getone(), 20)).offset, 3)
        await consumer.commit({FIRST: 5})
        described = (await admin.describe_consumer_groups([group]))[0].groups[0]
        expect("state", (described[1], described[2], len(described[5])), (group, "Stable", 1))
    expect("listed", group in [one[0] for one in await admin.list_consumer_groups()], True)
    expect("committed", (await admin.list_consumer_group_offsets(group))[FIRST].offset, 5)
    expect("coordinator", await admin.find_coordinator(group), 1)


async def main():
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    for part in (topics, records, groups):
        await part(admin)
    await admin.delete_topics([topic])
    expect("deleted", topic in await admin.list_topics(), False)
    await admin.close()


asyncio.run(main())
print("admin ok")
