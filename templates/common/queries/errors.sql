-- Errors that ClickHouse counted since the engine started, newest first. A mistyped query counts as well.
SELECT name, code, value AS times, last_error_time, substring(last_error_message, 1, 200) AS last_message
FROM system.errors
WHERE last_error_time > now() - INTERVAL 1 DAY
ORDER BY last_error_time DESC, name
