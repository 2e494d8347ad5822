-- The dashboard's question: events and amounts of the last five minutes, by project and action.
SELECT project, action, sum(total_count) AS events, round(sum(total_amount), 2) AS amount
FROM events_10s
WHERE bucket > now() - INTERVAL 5 MINUTE
GROUP BY project, action
ORDER BY events DESC, project, action
