// node --test
'use strict';
const assert = require('node:assert/strict');
const { test } = require('node:test');
const { key, makeEvent, toJson } = require('./event.js');

const EVENT = {
  eventId: 'uuid-123',
  ts: new Date('2026-01-18T12:34:56Z'),
  service: 'billing',
  level: 'error',
  message: 'card declined',
  host: 'web-3',
  traceId: '4bf92f3577b34da6',
  status: 502,
  durationMs: 187.5,
};

const FIELDS = ['event_id', 'ts', 'service', 'level', 'message', 'host', 'trace_id', 'status', 'duration_ms'];
const REFUSED = [
  { durationMs: NaN },
  { durationMs: Infinity },
  { eventId: '' },
  { message: '\ud83d' },
  { status: 65536 },
  { status: 1.5 },
  { ts: new Date('?') },
];

test('is the documented JSON', () => {
  assert.equal(
    toJson(EVENT),
    '{"event_id":"uuid-123","ts":"2026-01-18T12:34:56.000Z","service":"billing","level":"error",' +
      '"message":"card declined","host":"web-3","trace_id":"4bf92f3577b34da6","status":502,"duration_ms":187.5}',
  );
});

test('the key is the service', () => assert.equal(key(EVENT), 'billing'));

test('times of any zone become UTC with milliseconds', () => {
  const event = { ...EVENT, ts: new Date('2026-01-18T13:34:56.789+01:00') };
  assert.equal(JSON.parse(toJson(event)).ts, '2026-01-18T12:34:56.789Z');
});

test('text of any kind survives', () => {
  const text = 'Zoë says "<hi>" \\ \n\t 東京 🎈';
  assert.equal(JSON.parse(toJson({ ...EVENT, message: text })).message, text);
});

test('refuses what cannot be kept', () => {
  for (const change of REFUSED) {
    assert.throws(() => toJson({ ...EVENT, ...change }), JSON.stringify(change));
  }
});

test('a backslash before "ud83d" is text, not half a pair', () => {
  const text = '\\ud83d';
  assert.equal(JSON.parse(toJson({ ...EVENT, message: text })).message, text);
});

test('made events are distinct and complete', () => {
  const made = Array.from({ length: 1000 }, () => JSON.parse(toJson(makeEvent())));
  assert.equal(new Set(made.map((event) => event.event_id)).size, 1000);
  for (const event of made) assert.deepEqual(Object.keys(event), FIELDS);
});
