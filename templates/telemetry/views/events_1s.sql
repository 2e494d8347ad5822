-- Events and amounts a second, by project and action.
CREATE MATERIALIZED VIEW events_1s
ENGINE = SummingMergeTree
ORDER BY (project, action, bucket)
AS SELECT
  toStartOfInterval(ts, INTERVAL 1 SECOND) AS bucket,
  project,
  action,
  count() AS total_count,
  sum(amount) AS total_amount
FROM events
GROUP BY bucket, project, action
