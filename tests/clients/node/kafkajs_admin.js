// Every call of kafkajs' admin client that one broker without security answers. admin BROKER TOPIC
const assert = require('node:assert');
const { ConfigResourceTypes, Kafka, logLevel } = require('kafkajs');

const [, broker, topic] = process.argv.slice(2);
const group = `g-${topic}`;
const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING });
const admin = kafka.admin();

async function setting(name) {
  const found = await admin.describeConfigs({ includeSynonyms: true, resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: [name] }] });
  return found.resources[0].configEntries[0].configValue;
}

async function topics() {
  const wanted = { topic, numPartitions: 2, replicationFactor: 1, configEntries: [{ name: 'retention.ms', value: '3600000' }] };
  assert.strictEqual(await admin.createTopics({ topics: [wanted] }), true);
  assert.strictEqual(await admin.createTopics({ topics: [wanted] }), false, 'created twice');
  await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
  assert((await admin.listTopics()).includes(topic));
  const described = await admin.fetchTopicMetadata({ topics: [topic] });
  assert.deepStrictEqual(described.topics[0].partitions.map((one) => one.leader), [1, 1, 1]);
  const cluster = await admin.describeCluster();
  assert.deepStrictEqual([cluster.controller, cluster.brokers.length], [1, 1]);
  assert.strictEqual(await setting('retention.ms'), '3600000');
  await admin.alterConfigs({ resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries: [{ name: 'retention.bytes', value: '7000000' }] }] });
  assert.strictEqual(await setting('retention.bytes'), '7000000');
  assert.deepStrictEqual((await admin.listPartitionReassignments({ topics: [{ topic, partitions: [0] }] })).topics, []);
}

async function records() {
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: Array.from({ length: 10 }, (_, number) => ({ partition: 0, value: `${number}` })) });
  await producer.disconnect();
  const offsets = async () => (await admin.fetchTopicOffsets(topic)).find((one) => one.partition === 0);
  assert.deepStrictEqual(await offsets(), { partition: 0, offset: '10', high: '10', low: '0' });
  const timed = await admin.fetchTopicOffsetsByTimestamp(topic, 1);
  assert.strictEqual(timed.find((one) => one.partition === 0).offset, '0');
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '3' }] });
  assert.strictEqual((await offsets()).low, '3');
}

async function groups() {
  const committed = async () => (await admin.fetchOffsets({ groupId: group, topics: [topic] }))[0].partitions.find((one) => one.partition === 0).offset;
  await admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: '4' }] });
  assert.strictEqual(await committed(), '4');
  await admin.resetOffsets({ groupId: group, topic, earliest: true });
  assert.strictEqual(Number(await committed()) < 4, true);
  assert((await admin.listGroups()).groups.some((one) => one.groupId === group));
  const described = await admin.describeGroups([group]);
  assert.strictEqual(described.groups[0].state, 'Empty');
  await admin.deleteGroups([group]);
  assert(!(await admin.listGroups()).groups.some((one) => one.groupId === group));
}

async function main() {
  await admin.connect();
  await topics();
  await records();
  await groups();
  await admin.deleteTopics({ topics: [topic] });
  assert(!(await admin.listTopics()).includes(topic));
  await admin.disconnect();
  console.log('admin ok');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
