// A product event of the stream {{stream}}: what it is, its key, and its JSON. Replace it by your own.
'use strict';
const { randomInt, randomUUID } = require('node:crypto');

/** Events of one user stay in order: they go to one partition. */
function key(event) {
  return event.userId;
}

/** One JSON object. It throws for what JSON or Freshet could not keep: NaN, an invalid date, half a surrogate pair, no id. */
function toJson(event) {
  if (!event.eventId) throw new Error('an event needs its eventId');
  if (!Number.isFinite(event.amount)) throw new Error(`amount ${event.amount} is no number`); // JSON would say null
  const json = JSON.stringify({
    event_id: event.eventId,
    ts: event.ts.toISOString(),
    user_id: event.userId,
    project: event.project,
    action: event.action,
    amount: event.amount,
  });
  if (/(?<!\\)(\\\\)*\\ud[89a-f]/.test(json)) throw new Error('half a surrogate pair'); // JSON escapes those only
  return json;
}

const pick = (words) => words[randomInt(words.length)];

/** An example: somebody looks at things, puts some in the cart, buys few. */
function makeEvent() {
  const chance = randomInt(100);
  const action = chance >= 95 ? 'checkout' : chance >= 80 ? 'cart' : 'view';
  return {
    eventId: randomUUID(),
    ts: new Date(),
    userId: `u-${randomInt(1000)}`,
    project: pick(['storefront', 'billing', 'search', 'mobile']),
    action,
    amount: action === 'checkout' ? randomInt(1, 400) / 4 : 0,
  };
}

module.exports = { key, makeEvent, toJson };
