// Makes group-records-4.1.0.txt: records of __consumer_offsets as Kafka's own coordinator classes write them.
// Run with the class path of kafka-tools 4.1.0: java -cp 'libs/*' GoldenGroupRecords.java > group-records-4.1.0.txt
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.coordinator.group.generated.*;

public class GoldenGroupRecords {
  static String hex(byte[] bytes) {
    StringBuilder out = new StringBuilder();
    for (byte b : bytes) out.append(String.format("%02x", b));
    return out.toString();
  }

  static void print(String name, byte[] bytes) {
    System.out.println(name + " " + hex(bytes));
  }

  public static void main(String[] arguments) {
    System.out.println("# Made by GoldenGroupRecords.java with org.apache.kafka:kafka-group-coordinator:4.1.0.");
    print("offset_key", MessageUtil.toCoordinatorTypePrefixedBytes(
        new OffsetCommitKey().setGroup("g1").setTopic("events").setPartition(3)));
    OffsetCommitValue offset = new OffsetCommitValue().setOffset(123456789L).setLeaderEpoch(7)
        .setMetadata("intent \u00e9").setCommitTimestamp(1700000000123L);
    for (short version = 0; version <= 3; ++version) {
      print("offset_value_" + version, MessageUtil.toVersionPrefixedBytes(version, offset));
    }
    print("group_key", MessageUtil.toCoordinatorTypePrefixedBytes(new GroupMetadataKey().setGroup("g1")));
    GroupMetadataValue group = new GroupMetadataValue().setProtocolType("consumer").setGeneration(5).setProtocol("range")
        .setLeader("m1").setCurrentStateTimestamp(1700000000456L)
        .setMembers(List.of(
            new GroupMetadataValue.MemberMetadata().setMemberId("m1").setGroupInstanceId("i1").setClientId("c1")
                .setClientHost("/127.0.0.1").setRebalanceTimeout(60000).setSessionTimeout(45000)
                .setSubscription(new byte[] {1, 2, 3}).setAssignment(new byte[] {4, 5}),
            new GroupMetadataValue.MemberMetadata().setMemberId("m2").setClientId("c2").setClientHost("/127.0.0.2")
                .setRebalanceTimeout(30000).setSessionTimeout(10000).setSubscription(new byte[0]).setAssignment(new byte[] {6})));
    for (short version = 0; version <= 3; ++version) {
      print("group_value_" + version, MessageUtil.toVersionPrefixedBytes(version, group));
    }
    print("group_value_flexible", MessageUtil.toVersionPrefixedBytes((short) 4, group));
    print("consumer_group_key", MessageUtil.toCoordinatorTypePrefixedBytes(new ConsumerGroupMetadataKey().setGroupId("g1")));
  }
}
