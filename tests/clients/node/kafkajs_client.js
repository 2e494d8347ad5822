// kafkajs in its default settings.
const { Kafka, logLevel } = require('kafkajs');
const readline = require('node:readline');

const [verb, broker, topic, group, count] = process.argv.slice(2);
const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.ERROR });

async function produce() {
  const producer = kafka.producer();
  await producer.connect();
  let messages = [];
  const send = async () => {
    if (messages.length) await producer.send({ topic, messages });
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
  let left = Number(count);
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, (event) => reject(event.payload.error));
    consumer.run({
      eachMessage: async ({ message }) => {
        if (left-- > 0) process.stdout.write(`${message.key}\t${message.value}\n`);
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
