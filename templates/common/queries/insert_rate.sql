-- Inserts a minute for the last hour: how many, how big, and how long ClickHouse took. Many small ones are normal at low load.
SELECT
  toStartOfMinute(at) AS minute,
  stream,
  count() AS inserts,
  sum(rows) AS rows_inserted,
  round(sum(rows) / count()) AS rows_per_insert,
  quantileExact(0.5)(ms) AS ms_p50,
  quantileExact(0.99)(ms) AS ms_p99
FROM {{name}}__freshet.inserts
WHERE at > now() - INTERVAL 1 HOUR AND table = stream
GROUP BY minute, stream
ORDER BY minute DESC, stream
