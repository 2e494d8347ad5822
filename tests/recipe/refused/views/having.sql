CREATE MATERIALIZED VIEW having ENGINE = SummingMergeTree ORDER BY user_id AS SELECT user_id, count() AS times FROM events GROUP BY user_id HAVING times >= 2
