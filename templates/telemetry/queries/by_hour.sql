-- Minutes rolled up to hours: for a dashboard that shows less detail when it looks further back.
SELECT toStartOfHour(agg_minute) AS hour, project, sum(total_count) AS events, round(sum(total_amount), 2) AS amount
FROM events_minute
GROUP BY hour, project
ORDER BY hour DESC, project
LIMIT 100
