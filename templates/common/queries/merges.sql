-- Merges and mutations that run now. Empty is normal.
SELECT 'merge' AS kind, table, round(progress * 100, 1) AS percent, elapsed AS seconds, total_size_bytes_compressed AS bytes, '' AS failure
FROM system.merges
WHERE database = '{{name}}'
UNION ALL
SELECT 'mutation', table, 0, toFloat64(dateDiff('second', create_time, now())), 0, latest_fail_reason
FROM system.mutations
WHERE database = '{{name}}' AND NOT is_done
