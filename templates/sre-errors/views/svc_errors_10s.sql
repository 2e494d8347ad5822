-- Errors of each service, in buckets of ten seconds.
CREATE MATERIALIZED VIEW svc_errors_10s
ENGINE = SummingMergeTree
ORDER BY (service, bucket)
AS SELECT
  toStartOfInterval(ts, INTERVAL 10 SECOND) AS bucket,
  service,
  countIf(level = 'error') AS error_count
FROM logs
GROUP BY bucket, service
