"""Run by admin_test.py with the clients' Python: what kafka-python's admin client asks of one broker. admin BROKER TOPIC"""
import sys

from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic, OffsetSpec
from kafka.errors import TopicAlreadyExistsError
from kafka.structs import OffsetAndMetadata

broker, topic = sys.argv[2:4]
group = f"g-{topic}"
admin = KafkaAdminClient(bootstrap_servers=broker)
FIRST = TopicPartition(topic, 0)


def expect(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: {got!r}, expected {wanted!r}")


def setting(name, kind=ConfigResourceType.TOPIC, resource=topic):
    found = admin.describe_configs([ConfigResource(kind, resource, {name: None})], config_filter="all")
    return found[kind.name.lower()][resource][name]["value"]


def topics():
    admin.create_topics([NewTopic(topic, 2, 1, topic_configs={"retention.ms": "3600000"})])
    try:
        admin.create_topics([NewTopic(topic, 2, 1)])
        sys.exit("a topic was created twice")
    except TopicAlreadyExistsError:
        pass
    admin.create_partitions({topic: 3})
    expect("listed", topic in admin.list_topics(), True)
    expect("partitions", len(admin.describe_topics([topic])[0]["partitions"]), 3)
    expect("KIP-966", len(admin.describe_topic_partitions([topic])["topics"][0]["partitions"]), 3)
    cluster = admin.describe_cluster()
    expect("cluster", (cluster["controller_id"], len(cluster["brokers"])), (1, 1))
    expect("retention.ms", setting("retention.ms"), "3600000")
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"retention.bytes": "7000000"})])
    expect("altered", (setting("retention.bytes"), setting("retention.ms")), ("7000000", "3600000"))
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"segment.ms": "90000"})], incremental=False)
    expect("replaced", setting("segment.ms"), "90000")
    admin.reset_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"segment.ms": None})])
    expect("reset", setting("segment.ms"), "604800000")
    expect("a broker", setting("node.id", ConfigResourceType.BROKER, "1"), "1")
    expect("resources", topic in admin.list_config_resources()["topic"], True)
    admin.elect_leaders(0, {topic: [0]}, raise_errors=False)
    expect("reassignments", admin.list_partition_reassignments(), {})


def records():
    producer = KafkaProducer(bootstrap_servers=broker)
    for number in range(10):
        producer.send(topic, str(number).encode(), partition=0).get(20)
    producer.close()
    offset = lambda spec: admin.list_partition_offsets({FIRST: spec})[FIRST].offset
    expect("start, end", (offset(OffsetSpec.EARLIEST), offset(OffsetSpec.LATEST)), (0, 10))
    expect("newest", 0 <= offset(OffsetSpec.MAX_TIMESTAMP) < 10, True)
    expect("by time", offset(1), 0)
    admin.delete_records({FIRST: 3})
    expect("start afterwards", offset(OffsetSpec.EARLIEST), 3)
    expect("producers", len(admin.describe_producers([FIRST])), 1)
    expect("transactions", admin.list_transactions(), {1: []})
    expect("folders", len(admin.describe_log_dirs()), 1)


def groups():
    admin.alter_group_offsets(group, {FIRST: OffsetAndMetadata(4, "note", -1), TopicPartition(topic, 1): OffsetAndMetadata(0, "", -1)})
    committed = lambda: admin.list_group_offsets({group: None})[group]
    expect("committed", (committed()[FIRST].offset, committed()[FIRST].metadata), (4, "note"))
    admin.reset_group_offsets(group, {FIRST: OffsetSpec.EARLIEST})
    expect("reset", committed()[FIRST].offset, 3)
    listed = [one["group_id"] if isinstance(one, dict) else one[0] for one in admin.list_groups(states_filter=["Empty"])]
    expect("listed", group in listed, True)
    expect("described", "Empty" in str(admin.describe_groups([group])), True)
    admin.delete_group_offsets(group, [FIRST])
    expect("offset deleted", FIRST in committed(), False)
    admin.delete_groups([group])
    expect("group deleted", committed(), {})


for part in (topics, records, groups):
    part()
admin.delete_topics([topic])
expect("deleted", topic in admin.list_topics(), False)
print("admin ok")
