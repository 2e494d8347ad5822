"""Run by admin_test.py with the clients' Python: every administrative call that confluent-kafka's AdminClient has. BROKER TOPIC"""
import sys
import time

from confluent_kafka import Consumer, ConsumerGroupState, ConsumerGroupTopicPartitions, KafkaException, Producer, TopicPartition
from confluent_kafka import ElectionType, TopicCollection
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic, ResourceType

broker, topic = sys.argv[1:3]
group = f"g-{topic}"
admin = AdminClient({"bootstrap.servers": broker})
WAIT_S = 20


def expect(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: {got}, expected {wanted}")


def refused(what, future, name):
    try:
        future.result(WAIT_S)
        sys.exit(f"{what} was not refused")
    except KafkaException as error:
        expect(what, error.args[0].name(), name)


def eventually(what, question, wanted):
    deadline = time.monotonic() + WAIT_S
    while (got := question()) != wanted:
        if time.monotonic() > deadline:
            expect(what, got, wanted)
        time.sleep(0.05)


def of_topic(*changes):
    return ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[ConfigEntry(name, value, incremental_operation=operation)
                                                                          for name, value, operation in changes])


def settings(kind=ResourceType.TOPIC, name=topic):
    resource = ConfigResource(kind, name)
    return admin.describe_configs([resource])[resource].result(WAIT_S)


def alter(*changes, **options):
    return list(admin.incremental_alter_configs([of_topic(*changes)], **options).values())[0]


def cluster_and_topics():
    cluster = admin.describe_cluster(include_authorized_operations=True).result(WAIT_S)
    expect("nodes", [node.id for node in cluster.nodes], [1])
    expect("controller", cluster.controller.id, 1)
    expect("operations of the cluster", len(cluster.authorized_operations), 7)
    admin.create_topics([NewTopic(topic, 2, 1, config={"retention.ms": "3600000"})])[topic].result(WAIT_S)
    refused("a wrong setting", admin.create_topics([NewTopic(topic + "x", 1, 1, config={"retention.ms": "soon"})])[topic + "x"], "INVALID_CONFIG")
    refused("validation", admin.create_topics([NewTopic(topic, 2, 1)], validate_only=True)[topic], "TOPIC_ALREADY_EXISTS")
    described = admin.describe_topics(TopicCollection([topic]), include_authorized_operations=True)[topic].result(WAIT_S)
    expect("partitions", len(described.partitions), 2)
    expect("leader", described.partitions[0].leader.id, 1)
    expect("operations of the topic", len(described.authorized_operations), 8)
    admin.create_partitions([NewPartitions(topic, 3)], validate_only=True)[topic].result(WAIT_S)
    admin.create_partitions([NewPartitions(topic, 3)])[topic].result(WAIT_S)
    expect("grown", len(admin.list_topics(topic).topics[topic].partitions), 3)
    refused("shrinking", admin.create_partitions([NewPartitions(topic, 1)])[topic], "INVALID_PARTITIONS")
    for partition, error in admin.elect_leaders(ElectionType.PREFERRED, [TopicPartition(topic, 0)]).result(WAIT_S).items():
        expect(f"election of {partition}", error.name(), "ELECTION_NOT_NEEDED")


def configs():
    expect("given at creation", settings()["retention.ms"].value, "3600000")
    expect("source", settings()["retention.ms"].source, 1)
    expect("all settings", len(settings()), 33)
    alter(("retention.bytes", "7000000", AlterConfigOpType.SET), ("retention.ms", None, AlterConfigOpType.DELETE)).result(WAIT_S)
    expect("set", settings()["retention.bytes"].value, "7000000")
    expect("deleted", settings()["retention.ms"].source != 1, True)
    alter(("segment.ms", "5", AlterConfigOpType.SET), validate_only=True).result(WAIT_S)
    expect("only validated", settings()["segment.ms"].value, "604800000")
    name = "follower.replication.throttled.replicas"
    alter((name, "0:1,1:1", AlterConfigOpType.APPEND)).result(WAIT_S)
    alter((name, "1:1", AlterConfigOpType.SUBTRACT)).result(WAIT_S)
    expect("a list", settings()[name].value, "0:1")
    refused("unknown name", alter(("retention.mss", "1", AlterConfigOpType.SET)), "INVALID_CONFIG")
    refused("compression", alter(("compression.type", "gzip", AlterConfigOpType.SET)), "INVALID_CONFIG")
    resource = ConfigResource(ResourceType.TOPIC, topic, set_config={"max.message.bytes": "20000"})
    admin.alter_configs([resource])[resource].result(WAIT_S)
    expect("replaced", (settings()["max.message.bytes"].value, settings()["retention.bytes"].value), ("20000", "-1"))
    broker_settings = settings(ResourceType.BROKER, "1")
    expect("of the broker", (broker_settings["num.partitions"].value, broker_settings["num.partitions"].is_read_only), ("4", True))
    missing = ConfigResource(ResourceType.TOPIC, topic + "-missing")
    refused("a missing topic", admin.describe_configs([missing])[missing], "UNKNOWN_TOPIC_OR_PART")
    errors = []
    producer = Producer({"bootstrap.servers": broker, "message.max.bytes": 1000000})
    producer.produce(topic, b"x" * 30000, on_delivery=lambda error, _: errors.append(error and error.name()))
    producer.flush(WAIT_S)
    expect("a large record", errors, ["MSG_SIZE_TOO_LARGE"])


def records():
    producer = Producer({"bootstrap.servers": broker})
    for number in range(10):
        producer.produce(topic, str(number).encode(), partition=0)
    producer.flush(WAIT_S)
    place = TopicPartition(topic, 0, 4)
    expect("low watermark", admin.delete_records([place])[place].result(WAIT_S).low_watermark, 4)
    beyond = TopicPartition(topic, 0, 100)
    refused("beyond the end", admin.delete_records([beyond])[beyond], "OFFSET_OUT_OF_RANGE")


def groups():
    consumer = Consumer({"bootstrap.servers": broker, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False,
                         "client.id": "admin-test"})
    consumer.subscribe([topic])
    expect("first record that is left", consumer.consume(1, WAIT_S)[0].offset(), 4)
    consumer.commit(asynchronous=False)
    described = admin.describe_consumer_groups([group], include_authorized_operations=True)[group].result(WAIT_S)
    expect("state", described.state, ConsumerGroupState.STABLE)
    expect("assignor", described.partition_assignor, "range")
    expect("client", described.members[0].client_id, "admin-test")
    expect("host", described.members[0].host, "/127.0.0.1")
    expect("assigned", sorted(place.partition for place in described.members[0].assignment.topic_partitions), [0, 1, 2])
    expect("operations of the group", len(described.authorized_operations), 5)
    listed = lambda **filters: group in [one.group_id for one in admin.list_consumer_groups(**filters).result(WAIT_S).valid]
    expect("listed", listed(), True)
    expect("listed as empty", listed(states={ConsumerGroupState.EMPTY}), False)
    refused("deletion of a group in use", admin.delete_consumer_groups([group])[group], "NON_EMPTY_GROUP")
    consumer.close()
    eventually("empty", lambda: listed(states={ConsumerGroupState.EMPTY}), True)
    offsets = lambda: {place.partition: place.offset for place in admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group]
                       .result(WAIT_S).topic_partitions}
    expect("offsets", offsets()[0], 5)
    changed = admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(group, [TopicPartition(topic, 0, 7)])])[group].result(WAIT_S)
    expect("altered", changed.topic_partitions[0].error, None)
    expect("altered offsets", offsets()[0], 7)
    refused("a group that is not there", admin.delete_consumer_groups([group + "-none"])[group + "-none"], "GROUP_ID_NOT_FOUND")
    admin.delete_consumer_groups([group])[group].result(WAIT_S)
    expect("deleted", listed(), False)


for part in (cluster_and_topics, configs, records, groups):
    part()
admin.delete_topics([topic])[topic].result(WAIT_S)
