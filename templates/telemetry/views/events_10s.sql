-- Events and amounts in ten seconds, by project and action.
CREATE MATERIALIZED VIEW events_10s
ENGINE = SummingMergeTree
ORDER BY (project, action, bucket)
AS SELECT
  toStartOfInterval(ts, INTERVAL 10 SECOND) AS bucket,
  project,
  action,
  count() AS total_count,
  sum(amount) AS total_amount
FROM events
GROUP BY bucket, project, action
