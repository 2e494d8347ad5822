-- The newest errors, with what is needed to find them in a trace.
SELECT ts, service, host, status, message, trace_id
FROM logs
WHERE level = 'error' AND ts > now() - INTERVAL 1 HOUR
ORDER BY ts DESC
LIMIT 50
