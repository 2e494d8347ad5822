-- The dashboard's question: errors of each service in the last five minutes.
SELECT service, sum(error_count) AS errors, max(bucket) AS last_bucket
FROM svc_errors_10s
WHERE bucket > now() - INTERVAL 5 MINUTE
GROUP BY service
HAVING errors > 0
ORDER BY errors DESC, service
