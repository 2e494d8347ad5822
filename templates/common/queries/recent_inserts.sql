-- What was inserted in the last hour, by table. One row of `inserts` is one INSERT; they are written every three seconds.
SELECT
  table,
  count() AS inserts,
  sum(rows) AS rows_inserted,
  sum(bytes) AS bytes_inserted,
  max(at) AS last_insert
FROM {{name}}__freshet.inserts
WHERE at > now() - INTERVAL 1 HOUR
GROUP BY table
ORDER BY rows_inserted DESC, table
