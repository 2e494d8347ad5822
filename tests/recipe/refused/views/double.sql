CREATE MATERIALIZED VIEW double ENGINE = SummingMergeTree ORDER BY project AS SELECT project, sum(JSONExtractDouble(user_id, 'amount')) AS amount FROM events GROUP BY project
