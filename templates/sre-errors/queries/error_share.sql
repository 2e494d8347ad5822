-- Errors in a hundred events of each service, over the last hour: from the events themselves, which hold both.
SELECT service, count() AS events, countIf(level = 'error') AS errors, round(100 * errors / events, 2) AS percent
FROM logs
WHERE ts > now() - INTERVAL 1 HOUR
GROUP BY service
ORDER BY percent DESC, service
