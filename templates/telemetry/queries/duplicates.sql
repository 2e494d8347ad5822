-- Event ids that came more than once in the last day: a producer that was started again, or that is not idempotent.
SELECT event_id, count() AS times, min(_timestamp) AS first_sent, max(_timestamp) AS last_sent, groupUniqArray(10)(_partition) AS partitions
FROM events
WHERE _timestamp > now() - INTERVAL 1 DAY AND event_id != ''
GROUP BY event_id
HAVING times > 1
ORDER BY times DESC, event_id
LIMIT 100
