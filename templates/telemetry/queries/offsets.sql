-- What of the topic is in the table, by partition. `whole` is 1 when every offset from the first to the last is there once, in
-- the table or as a dead letter. Ask when idle: while events come, `whole` may be 0 for a moment, because rows and dead letters are
-- inserted one after the other. The table's projection `pos` answers it in milliseconds, however long the table is.
SELECT
  _partition,
  min(lo) AS first_offset,
  max(hi) AS last_offset,
  sum(rows) AS rows_stored,
  sum(dead) AS dead_letters,
  toUInt8(rows_stored + dead_letters = last_offset - first_offset + 1
    AND 2 * sum(offsets) = (first_offset + last_offset) * (rows_stored + dead_letters)) AS whole
FROM (
  SELECT _epoch, _partition, min(_offset) AS lo, max(_offset) AS hi, sum(_offset) AS offsets, count() AS rows, 0 AS dead
  FROM events
  GROUP BY _epoch, _partition
  UNION ALL
  SELECT _epoch, _partition, min(_offset), max(_offset), sum(_offset), 0, count()
  FROM {{name}}__freshet.dead_letters
  WHERE stream = 'events'
  GROUP BY _epoch, _partition
)
WHERE _epoch = (SELECT max(epoch) FROM {{name}}__freshet.epochs WHERE topic = 'events')
GROUP BY _partition
ORDER BY _partition
