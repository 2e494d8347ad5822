// A log event of the stream {{stream}}: what it is, its key, and its JSON. Replace it by your own.
'use strict';
const { randomBytes, randomInt, randomUUID } = require('node:crypto');

/** Events of one service stay in order: they go to one partition. */
function key(event) {
  return event.service;
}

/**
 * One JSON object. It throws for what JSON or Freshet could not keep: NaN, an invalid date, half a
 * surrogate pair, a status that is no UInt16, no id.
 */
function toJson(event) {
  if (!event.eventId) throw new Error('an event needs its eventId');
  if (!Number.isFinite(event.durationMs)) throw new Error(`durationMs ${event.durationMs} is no number`); // JSON would say null
  if (!(Number.isInteger(event.status) && event.status >= 0 && event.status <= 65535)) throw new Error(`status ${event.status} is no UInt16`);
  const json = JSON.stringify({
    event_id: event.eventId,
    ts: event.ts.toISOString(),
    service: event.service,
    level: event.level,
    message: event.message,
    host: event.host,
    trace_id: event.traceId,
    status: event.status,
    duration_ms: event.durationMs,
  });
  if (/(?<!\\)(\\\\)*\\ud[89a-f]/.test(json)) throw new Error('half a surrogate pair'); // JSON escapes those only
  return json;
}

const pick = (words) => words[randomInt(words.length)];

/** An example: services that mostly answer, and sometimes do not. */
function makeEvent() {
  const chance = randomInt(100);
  const level = chance >= 97 ? 'error' : chance >= 90 ? 'warn' : 'info';
  return {
    eventId: randomUUID(),
    ts: new Date(),
    service: pick(['gateway', 'billing', 'search', 'mailer']),
    level,
    message: level === 'error' ? 'upstream timed out' : 'request served',
    host: `web-${randomInt(1, 9)}`,
    traceId: randomBytes(8).toString('hex'),
    status: level === 'error' ? 502 : 200,
    durationMs: randomInt(1, 4000) / 4,
  };
}

module.exports = { key, makeEvent, toJson };
