-- How late events are, by minute of their arrival: from the event's own time to the record's, and from there into the table.
SELECT
  toStartOfMinute(_timestamp) AS minute,
  count() AS events,
  quantile(0.5)(date_diff('millisecond', ts, _timestamp)) AS event_delay_ms_p50,
  quantile(0.99)(date_diff('millisecond', ts, _timestamp)) AS event_delay_ms_p99,
  quantile(0.99)(date_diff('millisecond', _timestamp, _inserted_at)) AS ingest_ms_p99
FROM logs
WHERE _timestamp > now() - INTERVAL 1 HOUR
GROUP BY minute
ORDER BY minute DESC
