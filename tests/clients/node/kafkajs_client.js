// kafkajs in its default settings, but for what is asked for.
const { CompressionTypes, Kafka, logLevel } = require('kafkajs');
const readline = require('node:readline');

const words = process.argv.slice(2);
const [verb, broker, topic, group, count] = words.filter((word) => !word.includes('='));
const options = Object.fromEntries(words.filter((word) => word.includes('=')).map((word) => word.split('=')));
const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.ERROR });

async function produce() {
  const producer = kafka.producer(options.idempotent === 'yes' ? { idempotent: true, maxInFlightRequests: 1 } : {});
  await producer.connect();
  let messages = [];
  const send = async () => {
    const how = { topic, messages };
    if (options.compression) how.compression = CompressionTypes[options.compression.toUpperCase()];
    if (options.acks) how.acks = Number(options.acks);
    if (messages.length) await producer.send(how);
    messages = [];
  };
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const tab = line.indexOf('\t');
    messages.push({ key: line.slice(0, tab), value: line.slice(tab + 1) });
    if (messages.length === 200) await send();
  }
  await send();
  await producer.disconnect();
}

async function consume() {
  const consumer = kafka.consumer({ groupId: group });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  let left = verb === 'member' ? Infinity : Number(count);
  await new Promise((resolve, reject) => {
    process.on('SIGTERM', resolve);
    consumer.on(consumer.events.CRASH, (event) => reject(event.payload.error));
    consumer.run({
      eachMessage: async ({ partition, message }) => {
        const where = verb === 'member' ? `${partition}\t` : '';
        if (left-- > 0) process.stdout.write(`${where}${message.key}\t${message.value}\n`);
        if (left === 0) resolve();
      },
    });
  });
  await consumer.disconnect();
}

(verb === 'produce' ? produce() : consume()).catch((error) => {
  console.error(error);
  process.exit(1);
});
