import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigsOptions;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** What Java's AdminClient asks and Kafka's command lines (tests/kafka_commands) do not. See tests/clients/README.md. */
public class Admin {
    static String broker;
    static String topic;
    static AdminClient admin;

    static void expect(String what, Object got, Object wanted) {
        if (!String.valueOf(got).equals(String.valueOf(wanted))) {
            System.err.println(what + ": " + got + ", expected " + wanted);
            System.exit(1);
        }
    }

    static String refusal(KafkaFuture<?> future) throws InterruptedException {
        try {
            future.get();
            return "nothing";
        } catch (ExecutionException error) {
            return error.getCause().getClass().getSimpleName();
        }
    }

    static Uuid topics() throws Exception {
        List<NewTopic> wanted = List.of(new NewTopic(topic, Optional.of(2), Optional.empty()).configs(Map.of("retention.ms", "3600000")));
        admin.createTopics(wanted, new CreateTopicsOptions().validateOnly(true)).all().get();
        expect("only validated", admin.listTopics().names().get().contains(topic), false);
        var created = admin.createTopics(wanted);
        expect("partitions", created.numPartitions(topic).get(), 2);
        expect("settings of the answer", created.config(topic).get().get("retention.ms").value(), "3600000");
        Uuid id = created.topicId(topic).get();
        expect("by id", admin.describeTopics(TopicCollection.ofTopicIds(List.of(id))).allTopicIds().get().get(id).name(), topic);
        expect("another id", refusal(admin.describeTopics(TopicCollection.ofTopicIds(List.of(Uuid.randomUuid()))).allTopicIds()), "UnknownTopicIdException");
        expect("shrinking", refusal(admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(1))).all()), "InvalidPartitionsException");
        admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(3, List.of(List.of(1))))).all().get();
        return id;
    }

    static void settings() throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Map<ConfigResource, Collection<AlterConfigOp>> change = Map.of(resource, List.of(
            new AlterConfigOp(new ConfigEntry("segment.ms", "90000"), AlterConfigOp.OpType.SET),
            new AlterConfigOp(new ConfigEntry("leader.replication.throttled.replicas", "0:1"), AlterConfigOp.OpType.APPEND)));
        admin.incrementalAlterConfigs(change, new AlterConfigsOptions().validateOnly(true)).all().get();
        expect("only validated", admin.describeConfigs(Set.of(resource)).all().get().get(resource).get("segment.ms").value(), "604800000");
        admin.incrementalAlterConfigs(change).all().get();
        ConfigEntry entry = admin.describeConfigs(Set.of(resource)).all().get().get(resource).get("segment.ms");
        expect("set", entry.value() + " " + entry.source() + " " + entry.isReadOnly(), "90000 DYNAMIC_TOPIC_CONFIG false");
        expect("resources", admin.listConfigResources().all().get().contains(resource), true);
        var cluster = admin.describeCluster(new DescribeClusterOptions().includeAuthorizedOperations(true));
        expect("operations", cluster.authorizedOperations().get().size(), 7);
        admin.describeFeatures().featureMetadata().get();
    }

    static void records(TopicPartition first) throws Exception {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(Map.of("bootstrap.servers", broker), new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < 10; ++i) {
                producer.send(new ProducerRecord<>(topic, 0, null, "v" + i)).get();
            }
        }
        ListOffsetsResultInfo end = admin.listOffsets(Map.of(first, OffsetSpec.latest())).partitionResult(first).get();
        expect("end and its epoch", end.offset() + " " + end.leaderEpoch(), "10 Optional[0]");
        var producers = admin.describeProducers(Set.of(first)).partitionResult(first).get().activeProducers();
        expect("last sequence", producers.get(0).lastSequence(), 9);
        expect("low watermark", admin.deleteRecords(Map.of(first, RecordsToDelete.beforeOffset(3))).lowWatermarks().get(first).get().lowWatermark(), 3);
        expect("folders", admin.describeLogDirs(Set.of(1)).allDescriptions().get().get(1).size(), 1);
        expect("reassignments", admin.listPartitionReassignments().reassignments().get(), "{}");
    }

    static void groups(String group, TopicPartition first) throws Exception {
        Properties settings = new Properties();
        settings.putAll(Map.of("bootstrap.servers", broker, "group.id", group, "group.instance.id", "static-1", "auto.offset.reset", "earliest"));
        KafkaConsumer<String, String> member = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
        member.subscribe(List.of(topic));
        while (member.poll(java.time.Duration.ofMillis(100)).isEmpty()) {
        }
        var described = admin.describeConsumerGroups(List.of(group)).describedGroups().get(group).get();
        var seen = described.members().iterator().next();
        expect("member", described.groupState() + " " + seen.groupInstanceId().get() + " " + seen.assignment().topicPartitions().size(), "Stable static-1 3");
        var classic = admin.describeClassicGroups(List.of(group)).all().get().get(group);
        expect("classic", classic.protocol() + " " + classic.protocolData(), "consumer range");
        expect("in use", refusal(admin.deleteConsumerGroups(List.of(group)).all()), "GroupNotEmptyException");
        var leaving = new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove("static-1")));
        leaving.reason("a test");
        admin.removeMembersFromConsumerGroup(group, leaving).all().get();
        var empty = ListGroupsOptions.forConsumerGroups().inGroupStates(Set.of(GroupState.EMPTY));
        expect("empty now", admin.listGroups(empty).all().get().stream().anyMatch(one -> one.groupId().equals(group)), true);
        member.close();
        admin.alterConsumerGroupOffsets(group, Map.of(first, new OffsetAndMetadata(5, Optional.of(0), "note"))).all().get();
        OffsetAndMetadata offset = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(first);
        expect("offset", offset.offset() + " " + offset.leaderEpoch() + " " + offset.metadata(), "5 Optional[0] note");
        admin.deleteConsumerGroupOffsets(group, Set.of(first)).all().get();
        admin.deleteConsumerGroups(List.of(group)).all().get();
        expect("deleted twice", refusal(admin.deleteConsumerGroups(List.of(group)).all()), "GroupIdNotFoundException");
    }

    public static void main(String[] words) throws Exception {
        broker = words[1];
        topic = words[2];
        TopicPartition first = new TopicPartition(topic, 0);
        try (AdminClient client = AdminClient.create(Map.of("bootstrap.servers", broker))) {
            admin = client;
            Uuid id = topics();
            settings();
            records(first);
            groups("g-" + topic, first);
            admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all().get();
            expect("deleted", admin.listTopics().names().get().contains(topic), false);
        }
        System.out.println("admin ok");
    }
}
