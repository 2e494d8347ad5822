// Sends events to the topic {{topic}} with an idempotent producer, until --count, Ctrl-C or SIGTERM.
//
// What to copy: sender.js. What to replace: event.js, and the loop in main(), by where your events come from.
// Exit code 0: every event that was accepted is delivered. 1: not all; those are in the --undelivered file. 2: wrong arguments.
'use strict';
const { parseArgs } = require('node:util');
const { setTimeout: pause } = require('node:timers/promises');
const { key, makeEvent, toJson } = require('./event.js');
const { Sender } = require('./sender.js');

const STOP_MS = 20_000; // after a signal: less than the 30 s that systemd and Kubernetes give before they kill

const OPTIONS = {
  brokers: ['KAFKA_BROKERS', '{{kafka}}', 'addresses, divided by commas'],
  topic: ['KAFKA_TOPIC', '{{topic}}', 'where the events go'],
  rate: ['RATE', '100', 'events a second, 0: no pause'],
  count: ['COUNT', '0', 'end after so many, 0: until stopped'],
  'delivery-timeout': ['DELIVERY_TIMEOUT', '120', 'seconds after which an event that is not delivered has failed'],
  undelivered: ['UNDELIVERED', 'undelivered.jsonl', 'the file where failed events are kept'],
};

function parseOptions() {
  const options = { verbose: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } };
  for (const name in OPTIONS) options[name] = { type: 'string', default: process.env[OPTIONS[name][0]] ?? OPTIONS[name][1] };
  const { values } = parseArgs({ options });
  if (values.help) {
    for (const name in OPTIONS) console.log(`--${name}, ${OPTIONS[name][0]}: ${OPTIONS[name][2]}; ${values[name]}`);
    console.log('--verbose: print each delivered event on stdout');
    process.exit(0);
  }
  for (const [name, least] of [['rate', 0], ['count', 0], ['delivery-timeout', 1]]) {
    const number = Number(values[name]);
    if (!(number >= least)) throw new Error(`--${name} ${values[name]}: a number from ${least} is wanted`);
    values[name] = number;
  }
  return values;
}

/** The first SIGINT or SIGTERM ends the making of events, a second one (or STOP_MS) also the waiting for them. */
function stopSignals() {
  const making = new AbortController();
  const waiting = new AbortController();
  const stop = () => {
    if (making.signal.aborted) waiting.abort();
    making.abort();
    setTimeout(() => waiting.abort(), STOP_MS).unref();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return { making, waiting };
}

async function main() {
  let options;
  try {
    options = parseOptions();
  } catch (error) {
    console.error(`error: ${error.message}`);
    return 2;
  }
  const { making, waiting } = stopSignals();
  const sender = new Sender({
    brokers: options.brokers.split(','),
    topic: options.topic,
    deliveryTimeoutMs: options['delivery-timeout'] * 1000,
    undeliveredPath: options.undelivered,
    giveUp: waiting.signal,
    onDelivered: options.verbose ? (values) => process.stdout.write(values.join('\n') + '\n') : () => {},
    onFailed: () => making.abort(), // whatever is wrong, more events would not mend it
  });
  const started = Date.now();
  let accepted = 0;
  let fault = null;
  try {
    while (!making.signal.aborted && !(options.count && accepted >= options.count)) {
      const earlyMs = options.rate ? started + (accepted / options.rate) * 1000 - Date.now() : 0;
      if (earlyMs > 0) {
        await pause(earlyMs, undefined, { signal: making.signal }).catch(() => {});
        continue;
      }
      const event = makeEvent();
      if (!(await sender.send({ key: key(event), value: toJson(event) }, making.signal))) break;
      ++accepted;
    }
  } catch (error) {
    fault = error; // an event that cannot be serialized: it was not accepted
  }
  await sender.close();
  console.error(`${sender.delivered} delivered, ${sender.failed} not delivered`);
  if (sender.failed) console.error(`error: ${sender.firstError.message}; what was not delivered is in ${options.undelivered}`);
  if (fault) console.error(`error: ${fault.message}`);
  return fault || sender.delivered !== accepted ? 1 : 0;
}

// When stdout is written; a connection that hangs does not keep us.
main().then((code) => process.stdout.write('', () => process.exit(code)));
