-- Rows, bytes and parts of every table. Only active parts count: merged ones stay on disk for some minutes.
SELECT
  table,
  sum(rows) AS rows_stored,
  sum(bytes_on_disk) AS bytes_stored,
  count() AS parts,
  max(modification_time) AS last_change
FROM system.parts
WHERE database = '{{name}}' AND active
GROUP BY table
ORDER BY bytes_stored DESC, table
