"""Run by overrun_test.py with the clients' Python: single calls, whose outcome is printed. BROKER produce|delete-all|grow TOPIC [COUNT]"""
import sys

from confluent_kafka import KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions

broker, verb, topic = sys.argv[1:4]
WAIT_S = 20


def produce():
    """One record without retries: the broker's own answer."""
    answers = []
    producer = Producer({"bootstrap.servers": broker, "retries": 0, "message.timeout.ms": 10000})
    producer.produce(topic, b'{"never": "acknowledged"}', on_delivery=lambda error, _: answers.append(error))
    producer.flush(WAIT_S)
    return answers[0].name() if answers[0] else "ACKNOWLEDGED"


def delete_all():
    admin = AdminClient({"bootstrap.servers": broker})
    places = [TopicPartition(topic, partition, -1) for partition in admin.list_topics(topic).topics[topic].partitions]
    outcomes = set()
    for future in admin.delete_records(places).values():
        try:
            future.result(WAIT_S)
            outcomes.add("DELETED")
        except KafkaException as error:
            outcomes.add(error.args[0].name())
    return " ".join(sorted(outcomes))


def grow():
    admin = AdminClient({"bootstrap.servers": broker})
    admin.create_partitions([NewPartitions(topic, int(sys.argv[4]))])[topic].result(WAIT_S)
    return len(admin.list_topics(topic).topics[topic].partitions)


print({"produce": produce, "delete-all": delete_all, "grow": grow}[verb]())
