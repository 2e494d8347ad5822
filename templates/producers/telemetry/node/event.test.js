// node --test
'use strict';
const assert = require('node:assert/strict');
const { test } = require('node:test');
const { key, makeEvent, toJson } = require('./event.js');

const EVENT = {
  eventId: 'uuid-123',
  ts: new Date('2026-01-18T12:34:56Z'),
  userId: 'u-1000',
  project: 'billing',
  action: 'checkout',
  amount: 29.99,
};

test('is the documented JSON', () => {
  assert.equal(
    toJson(EVENT),
    '{"event_id":"uuid-123","ts":"2026-01-18T12:34:56.000Z","user_id":"u-1000","project":"billing","action":"checkout","amount":29.99}',
  );
});

test('the key is the user', () => assert.equal(key(EVENT), 'u-1000'));

test('times of any zone become UTC with milliseconds', () => {
  const event = { ...EVENT, ts: new Date('2026-01-18T13:34:56.789+01:00') };
  assert.equal(JSON.parse(toJson(event)).ts, '2026-01-18T12:34:56.789Z');
});

test('text of any kind survives', () => {
  const text = 'Zoë says "<hi>" \\ \n\t 東京 🎈';
  assert.equal(JSON.parse(toJson({ ...EVENT, project: text })).project, text);
});

test('refuses what cannot be kept', () => {
  for (const change of [{ amount: NaN }, { amount: Infinity }, { eventId: '' }, { userId: '\ud83d' }, { ts: new Date('?') }]) {
    assert.throws(() => toJson({ ...EVENT, ...change }), JSON.stringify(change));
  }
});

test('a backslash before "ud83d" is text, not half a pair', () => {
  const text = '\\ud83d';
  assert.equal(JSON.parse(toJson({ ...EVENT, project: text })).project, text);
});

test('made events are distinct and complete', () => {
  const made = Array.from({ length: 1000 }, () => JSON.parse(toJson(makeEvent())));
  assert.equal(new Set(made.map((event) => event.event_id)).size, 1000);
  for (const event of made) assert.deepEqual(Object.keys(event), ['event_id', 'ts', 'user_id', 'project', 'action', 'amount']);
});
