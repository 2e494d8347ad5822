import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs many of Apache Kafka's command lines in one JVM, since a start costs a second. Reads requests from stdin, one JSON
 * object a line: {"argv": ["kafka-topics", "--list", ...], "stdin": "..."}; answers each by a line {"status": 0, "output": "..."}
 * with what the command wrote to stdout and stderr. First argument: the broker's address.
 *
 * Besides Kafka's commands it knows: "member NAME GROUP TOPIC [key=value...]" starts a consumer and waits for its partitions,
 * "leave NAME" ends it in order, and "records TOPIC" writes stdin's lines PARTITION TIMESTAMP_MS VALUE.
 */
public class Driver {
    /** Thrown where the command would have ended the JVM. */
    static final class Ended extends Error {
        Ended() {
            super("the command has ended", null, false, false);
        }
    }

    /** Commands (and Scala's Console, which looks at System.out once) keep this stream; what it writes to changes. */
    static final class Switch extends OutputStream {
        volatile OutputStream target;
        volatile boolean open;

        @Override
        public void write(int one) throws java.io.IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws java.io.IOException {
            if (open) {
                target.write(bytes, from, count);
            }
        }
    }

    static final Map<String, String> COMMANDS = new HashMap<>();

    static {
        String tools = "org.apache.kafka.tools.";
        COMMANDS.put("kafka-topics", tools + "TopicCommand");
        COMMANDS.put("kafka-configs", "kafka.admin.ConfigCommand");
        COMMANDS.put("kafka-consumer-groups", tools + "consumer.group.ConsumerGroupCommand");
        COMMANDS.put("kafka-groups", tools + "GroupsCommand");
        COMMANDS.put("kafka-console-producer", tools + "ConsoleProducer");
        COMMANDS.put("kafka-console-consumer", tools + "consumer.ConsoleConsumer");
        COMMANDS.put("kafka-get-offsets", tools + "GetOffsetShell");
        COMMANDS.put("kafka-delete-records", tools + "DeleteRecordsCommand");
        COMMANDS.put("kafka-log-dirs", tools + "LogDirsCommand");
        COMMANDS.put("kafka-verifiable-consumer", tools + "VerifiableConsumer");
        COMMANDS.put("kafka-producer-perf-test", tools + "ProducerPerformance");
        COMMANDS.put("kafka-consumer-perf-test", tools + "ConsumerPerformance");
        COMMANDS.put("kafka-e2e-latency", tools + "EndToEndLatency");
        COMMANDS.put("kafka-broker-api-versions", tools + "BrokerApiVersionsCommand");
        COMMANDS.put("kafka-cluster", tools + "ClusterTool");
        COMMANDS.put("kafka-leader-election", tools + "LeaderElectionCommand");
        COMMANDS.put("kafka-reassign-partitions", tools + "reassign.ReassignPartitionsCommand");
        COMMANDS.put("kafka-transactions", tools + "TransactionsCommand");
        COMMANDS.put("kafka-features", tools + "FeatureCommand");
        COMMANDS.put("kafka-metadata-quorum", tools + "MetadataQuorumCommand");
        COMMANDS.put("kafka-client-metrics", tools + "ClientMetricsCommand");
        COMMANDS.put("kafka-replica-verification", tools + "ReplicaVerificationTool");
        COMMANDS.put("kafka-share-groups", tools + "consumer.group.ShareGroupCommand");
        COMMANDS.put("kafka-acls", tools + "AclCommand");
    }

    /** A consumer that polls until it is told to leave. */
    static final class Member {
        final KafkaConsumer<String, String> consumer;
        final Thread thread;
        final CountDownLatch assigned = new CountDownLatch(1);

        Member(String broker, String name, List<String> words) {
            Properties settings = new Properties();
            settings.put("bootstrap.servers", broker);
            settings.put("client.id", name);
            settings.put("group.id", words.get(0));
            settings.put("auto.offset.reset", "earliest");
            for (String word : words.subList(2, words.size())) {
                settings.put(word.substring(0, word.indexOf('=')), word.substring(word.indexOf('=') + 1));
            }
            consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer());
            consumer.subscribe(List.of(words.get(1).split(",")));
            thread = new Thread(this::run, name);
            thread.start();
        }

        void run() {
            try {
                while (true) {
                    consumer.poll(Duration.ofMillis(50));
                    if (!consumer.assignment().isEmpty()) {
                        consumer.commitSync();
                        assigned.countDown();
                    }
                }
            } catch (WakeupException expected) {
                consumer.close();
            }
        }

        void leave() throws InterruptedException {
            consumer.wakeup();
            thread.join();
        }
    }

    final String broker;
    final Switch out = new Switch();
    final Map<String, Member> members = new HashMap<>();
    final List<Runnable> hooks = new ArrayList<>();
    int status;

    Driver(String broker) {
        this.broker = broker;
    }

    /** What a command says about Ended, as some do that catch everything, is not heard any more: it had ended. */
    void end(int statusCode) {
        if (out.open) {
            status = statusCode;
            out.open = false;
        }
        throw new Ended();
    }

    void writeRecords(String topic, String lines) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", broker);
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            for (String line : lines.split("\n")) {
                String[] words = line.split(" ", 3);
                producer.send(new ProducerRecord<>(topic, Integer.parseInt(words[0]), Long.parseLong(words[1]), null, words[2])).get();
            }
        }
    }

    void run(List<String> words, String stdin) throws Exception {
        switch (words.get(0)) {
            case "member":
                Member member = new Member(broker, words.get(1), words.subList(2, words.size()));
                members.put(words.get(1), member);
                if (!member.assigned.await(30, TimeUnit.SECONDS)) {
                    throw new IllegalStateException("no partitions after 30 s");
                }
                break;
            case "leave":
                members.remove(words.get(1)).leave();
                break;
            case "records":
                writeRecords(words.get(1), stdin);
                break;
            default:
                Class<?> command = Class.forName(COMMANDS.get(words.get(0)));
                command.getMethod("main", String[].class).invoke(null, (Object) words.subList(1, words.size()).toArray(new String[0]));
        }
    }

    String answer(ObjectMapper json, JsonNode request) throws Exception {
        List<String> words = new ArrayList<>();
        request.get("argv").forEach(word -> words.add(word.asText()));
        String stdin = request.get("stdin").asText();
        System.setIn(new ByteArrayInputStream(stdin.getBytes(StandardCharsets.UTF_8)));
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        out.target = output;
        out.open = true;
        status = 0;
        try {
            run(words, stdin);
        } catch (InvocationTargetException thrown) {
            if (!(thrown.getCause() instanceof Ended)) {
                // As the JVM would say it.
                System.out.println("Exception in thread \"main\" " + thrown.getCause());
                status = 1;
            }
        }
        out.open = true;
        hooks.forEach(Runnable::run);  // as at the JVM's end
        hooks.clear();
        System.out.flush();
        System.err.flush();
        return json.writeValueAsString(Map.of("status", status, "output", output.toString(StandardCharsets.UTF_8)));
    }

    public static void main(String[] words) throws Exception {
        PrintStream answers = System.out;
        Driver driver = new Driver(words[0]);
        System.setErr(new PrintStream(driver.out, true));
        org.slf4j.LoggerFactory.getLogger(Driver.class);  // says that nothing logs, while nothing is heard
        System.setOut(new PrintStream(driver.out, true));
        Exit.setExitProcedure((code, message) -> driver.end(code));
        Exit.setHaltProcedure((code, message) -> driver.end(code));
        Exit.setShutdownHookAdder((name, hook) -> driver.hooks.add(hook));
        ObjectMapper json = new ObjectMapper();
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            answers.println(driver.answer(json, json.readTree(line)));
            answers.flush();
        }
        Runtime.getRuntime().halt(0);
    }
}
