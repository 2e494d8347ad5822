'use strict';
const { once, EventEmitter } = require('node:events');
const fs = require('node:fs');
const { setTimeout: pause } = require('node:timers/promises');
const { CompressionTypes, Kafka, Partitioners, logLevel } = require('kafkajs');

const QUEUE_LIMIT = 10_000; // events that wait here while the broker is away; then send() waits
const BATCH_LIMIT = 1_000; // events of one request
const LINGER_MS = 5; // latency against size: wait so long for company

/**
 * A bounded queue before one idempotent kafkajs producer, which has none of its own. It counts what was delivered by the
 * broker's answer, and keeps in a file what was not.
 *
 * One request is under way at a time: kafkajs keeps no order among several. It is sent again, with the same sequence numbers,
 * until it is answered or the delivery timeout is over. Then its fate is unknown, and another batch under its numbers could
 * be taken for a repeat and dropped: so this producer is not used again, and what waits behind fails too.
 */
class Sender {
  constructor({ brokers, topic, deliveryTimeoutMs, undeliveredPath, giveUp, onDelivered, onFailed }) {
    Object.assign(this, { topic, deliveryTimeoutMs, undeliveredPath, giveUp, onDelivered, onFailed });
    // The broker is away: go on trying with growing pauses; deliveryTimeoutMs ends it.
    const retry = { initialRetryTime: 100, maxRetryTime: 2_000, retries: Number.MAX_SAFE_INTEGER };
    const kafka = new Kafka({ clientId: 'node-producer', brokers, retry, connectionTimeout: 3_000, logLevel: logLevel.NOTHING });
    this.producer = kafka.producer({
      idempotent: true, // no loss, no doubles, no reordering by retries of this process
      maxInFlightRequests: 1,
      createPartitioner: Partitioners.DefaultPartitioner, // the same key, the same partition as with Java, Python, Go, C++
      retry,
    });
    this.delivered = 0;
    this.failed = 0;
    this.firstError = null;
    this.queue = [];
    this.closing = false;
    this.changes = new EventEmitter();
    this.done = this.#run();
  }

  /** Queues {key, value}; waits while the queue is full. False: not accepted, since `stop` was aborted or sending failed. */
  async send(message, stop) {
    while (this.queue.length >= QUEUE_LIMIT && !stop.aborted) await once(this.changes, 'sent', { signal: stop }).catch(() => {});
    if (stop.aborted || this.closing || this.firstError) return false;
    this.queue.push({ ...message, since: Date.now() });
    this.changes.emit('queued');
    return true;
  }

  /** Waits until every event is delivered or failed: at most the delivery timeout, or until giveUp. */
  async close() {
    this.closing = true;
    this.changes.emit('queued');
    await this.done;
    await Promise.race([this.producer.disconnect().catch(() => {}), pause(1_000, undefined, { ref: false })]);
  }

  async #run() {
    let connected = false;
    while (!this.firstError) {
      if (this.queue.length === 0) {
        if (this.closing) return;
        await once(this.changes, 'queued');
        continue;
      }
      if (this.queue.length < BATCH_LIMIT && !this.closing) await pause(LINGER_MS);
      const batch = this.queue.slice(0, BATCH_LIMIT);
      try {
        if (!connected) await this.#inTime(this.producer.connect(), batch[0].since);
        connected = true;
        const messages = batch.map(({ key, value }) => ({ key, value }));
        const how = { topic: this.topic, acks: -1, compression: CompressionTypes.GZIP, messages };
        await this.#inTime(this.producer.send(how), batch[0].since);
        this.queue.splice(0, batch.length);
        this.delivered += batch.length;
        this.onDelivered(batch.map((message) => message.value));
      } catch (error) {
        this.#fail(error);
      }
      this.changes.emit('sent');
    }
  }

  /** The answer, or an error when the time of an event accepted at `since` is over, or at giveUp. */
  #inTime(answer, since) {
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`no answer within ${this.deliveryTimeoutMs / 1000} s`));
      const stopped = () => reject(new Error('stopped before the broker answered'));
      const timer = setTimeout(late, since + this.deliveryTimeoutMs - Date.now());
      if (this.giveUp.aborted) stopped();
      this.giveUp.addEventListener('abort', stopped, { once: true });
      answer.then(resolve, reject).finally(() => {
        clearTimeout(timer);
        this.giveUp.removeEventListener('abort', stopped);
      });
    });
  }

  #fail(error) {
    this.firstError = error;
    const undelivered = this.queue.splice(0);
    this.failed += undelivered.length;
    const lines = undelivered.map((message) => message.value + '\n').join('');
    try {
      fs.appendFileSync(this.undeliveredPath, lines);
    } catch (fault) {
      console.error(`error: ${fault.message}:\n${lines}`);
    }
    this.onFailed();
  }
}

module.exports = { Sender };
