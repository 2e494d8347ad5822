// Makes kafka-clients-4.1.0.txt: every message and version that Freshet answers, with random contents, encoded by Kafka's
// own generated classes. Run: java -cp kafka-clients-4.1.0.jar:jackson-databind-2.19.0.jar:jackson-core-2.19.0.jar:
// jackson-annotations-2.19.0.jar:slf4j-api-1.7.36.jar GoldenMessages.java > kafka-clients-4.1.0.txt
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

public class GoldenMessages {
  static final ObjectMapper mapper = new ObjectMapper().configure(JsonParser.Feature.ALLOW_COMMENTS, true);
  static final Random random = new Random(41);
  static final String[] messages = {
      "Produce 3 13", "Fetch 4 18", "ListOffsets 1 10", "Metadata 0 13", "OffsetCommit 2 9", "OffsetFetch 1 9",
      "FindCoordinator 0 6", "JoinGroup 0 9", "Heartbeat 0 4", "LeaveGroup 0 5", "SyncGroup 0 5", "ApiVersions 0 4",
      "CreateTopics 2 7", "DeleteTopics 1 6", "InitProducerId 0 5",
      "DescribeGroups 0 6", "ListGroups 0 5", "DeleteRecords 0 2", "OffsetForLeaderEpoch 2 4",
      "DescribeConfigs 1 4", "AlterConfigs 0 2", "DescribeLogDirs 1 4", "CreatePartitions 0 3", "DeleteGroups 0 2",
      "ElectLeaders 0 2", "IncrementalAlterConfigs 0 1", "AlterPartitionReassignments 0 1",
      "ListPartitionReassignments 0 0", "OffsetDelete 0 0", "DescribeCluster 0 2", "DescribeProducers 0 0",
      "DescribeTransactions 0 0", "ListTransactions 0 2", "ListConfigResources 0 1", "DescribeTopicPartitions 0 0"};

  static boolean within(JsonNode range, int version) {
    if (range == null || range.asText().equals("none")) return false;
    String[] ends = range.asText().replace("+", "-32767").split("-");
    return version >= Integer.parseInt(ends[0]) && version <= Integer.parseInt(ends[ends.length - 1]);
  }

  static String text(String name) {
    return name + "x".repeat(random.nextInt(8) == 0 ? random.nextInt(200) : random.nextInt(3));
  }

  static void put(ObjectNode out, String name, String type, JsonNode field, int version) {
    if (within(field.get("nullableVersions"), version) && random.nextInt(4) == 0) {
      out.putNull(name);
      return;
    }
    out.set(name, value(name, type, field, version));
  }

  static JsonNode value(String name, String type, JsonNode field, int version) {
    if (type.startsWith("[]")) {
      ArrayNode array = mapper.createArrayNode();
      for (int i = random.nextInt(4); i > 0; --i) array.add(value(name + i, type.substring(2), field, version));
      return array;
    }
    byte[] bytes = new byte[random.nextInt(24)];
    random.nextBytes(bytes);
    switch (type) {
      case "bool": return mapper.getNodeFactory().booleanNode(random.nextBoolean());
      case "int8": return mapper.getNodeFactory().numberNode((byte) random.nextInt());
      case "int16": return mapper.getNodeFactory().numberNode((short) random.nextInt());
      case "int32": return mapper.getNodeFactory().numberNode(random.nextInt());
      case "int64": return mapper.getNodeFactory().numberNode(random.nextLong());
      case "string": return mapper.getNodeFactory().textNode(text(name));
      case "uuid": return mapper.getNodeFactory().textNode(new Uuid(random.nextLong(), random.nextLong()).toString());
      case "bytes":
      case "records": return mapper.getNodeFactory().binaryNode(bytes);
      default: return struct(field.get("fields"), version);
    }
  }

  static ObjectNode struct(JsonNode fields, int version) {
    ObjectNode out = mapper.createObjectNode();
    for (JsonNode field : fields) {
      if (!within(field.get("versions"), version)) continue;
      boolean tagged = within(field.get("taggedVersions"), version);
      if (tagged && random.nextInt(3) == 0) continue;
      String name = field.get("name").asText();
      name = name.substring(0, 1).toLowerCase() + name.substring(1);
      put(out, name, field.get("type").asText(), field, version);
    }
    return out;
  }

  public static void main(String[] arguments) throws Exception {
    System.out.println("# Made by GoldenMessages.java with org.apache.kafka:kafka-clients:4.1.0: message, version, body in hex.");
    for (String line : messages) {
      String[] parts = line.split(" ");
      for (String kind : new String[] {"Request", "Response"}) {
        String name = parts[0] + kind;
        JsonNode schema = mapper.readTree(GoldenMessages.class.getResourceAsStream("/common/message/" + name + ".json"));
        Class<?> converter = Class.forName("org.apache.kafka.common.message." + name + "DataJsonConverter");
        for (int version = Integer.parseInt(parts[1]); version <= Integer.parseInt(parts[2]); ++version) {
          for (int sample = 0; sample < 3; ++sample) {
            JsonNode json = struct(schema.get("fields"), version);
            Message message = (Message) converter.getMethod("read", JsonNode.class, short.class).invoke(null, json, (short) version);
            ObjectSerializationCache cache = new ObjectSerializationCache();
            ByteBufferAccessor out = new ByteBufferAccessor(java.nio.ByteBuffer.allocate(message.size(cache, (short) version)));
            message.write(out, cache, (short) version);
            StringBuilder hex = new StringBuilder();
            for (byte b : out.buffer().array()) hex.append(String.format("%02x", b));
            System.out.println(name + " " + version + " " + hex);
          }
        }
      }
    }
  }
}
