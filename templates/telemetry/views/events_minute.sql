-- Events and amounts a minute, by project and action.
CREATE MATERIALIZED VIEW events_minute
ENGINE = SummingMergeTree
ORDER BY (project, action, agg_minute)
AS SELECT
  toStartOfMinute(ts) AS agg_minute,
  project,
  action,
  count() AS total_count,
  sum(amount) AS total_amount
FROM events
GROUP BY agg_minute, project, action
