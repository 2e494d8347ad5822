"""Run by admin_test.py with the clients' Python: topics made and deleted, offsets asked for. CLIENT BROKER TOPIC"""
import sys
import time

BASE_MS = int(time.time()) * 1000 - 3_600_000  # not older than the topic's retention: that goes by these times too
PARTITIONS = 2
RECORDS = 10  # in partition 0, a second apart; the newest time is that of record 7

client, broker, topic = sys.argv[1:4]
TIMES = [BASE_MS + 1000 * number for number in range(RECORDS)]
TIMES[7] = BASE_MS + 60_000


def expect(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: {got}, expected {wanted}")


def confluent():
    from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
    from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec
    admin = AdminClient({"bootstrap.servers": broker})
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(10)
    try:
        admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(10)
        sys.exit("a topic was created twice")
    except KafkaException as error:
        expect("created twice", error.args[0].name(), "TOPIC_ALREADY_EXISTS")
    expect("partitions", len(admin.list_topics(topic).topics[topic].partitions), PARTITIONS)

    producer = Producer({"bootstrap.servers": broker})
    for at_ms in TIMES:
        producer.produce(topic, value=b"v", partition=0, timestamp=at_ms)
    expect("left in the producer", producer.flush(10), 0)

    consumer = Consumer({"bootstrap.servers": broker, "group.id": topic})
    expect("watermarks", consumer.get_watermark_offsets(TopicPartition(topic, 0), 10), (0, RECORDS))
    at = lambda at_ms: consumer.offsets_for_times([TopicPartition(topic, 0, at_ms)], 10)[0].offset
    expect("before the first", at(1), 0)
    expect("between two", at(TIMES[3] + 1), 4)
    expect("exactly one", at(TIMES[5]), 5)
    expect("after the last", at(TIMES[7] + 1), -1)
    consumer.close()
    latest = lambda spec: admin.list_offsets({TopicPartition(topic, 0): spec})[TopicPartition(topic, 0)].result(10)
    expect("max timestamp", (latest(OffsetSpec.max_timestamp()).offset, latest(OffsetSpec.max_timestamp()).timestamp), (7, TIMES[7]))
    expect("earliest and latest", (latest(OffsetSpec.earliest()).offset, latest(OffsetSpec.latest()).offset), (0, RECORDS))
    admin.delete_topics([topic])[topic].result(10)
    expect("after its deletion", topic in admin.list_topics().topics, False)


def kafka_python():
    from kafka import KafkaConsumer, KafkaProducer, TopicPartition
    from kafka.admin import KafkaAdminClient, NewTopic
    admin = KafkaAdminClient(bootstrap_servers=broker)
    admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
    producer = KafkaProducer(bootstrap_servers=broker)
    for at_ms in TIMES:
        producer.send(topic, value=b"v", partition=0, timestamp_ms=at_ms).get(10)
    producer.close()
    consumer = KafkaConsumer(bootstrap_servers=broker)
    place = TopicPartition(topic, 0)
    expect("end", consumer.end_offsets([place])[place], RECORDS)
    expect("beginning", consumer.beginning_offsets([place])[place], 0)
    found = consumer.offsets_for_times({place: TIMES[3] + 1})[place]
    expect("by time", (found.offset, found.timestamp), (4, TIMES[4]))
    expect("after the last", consumer.offsets_for_times({place: TIMES[7] + 1})[place], None)
    consumer.close()
    admin.delete_topics([topic])
    expect("after its deletion", topic in admin.list_topics(), False)
    admin.close()


{"confluent": confluent, "kafka_python": kafka_python}[client]()
