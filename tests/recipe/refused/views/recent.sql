CREATE MATERIALIZED VIEW recent ENGINE = SummingMergeTree ORDER BY minute AS SELECT toStartOfMinute(ts) AS minute, count() AS c FROM events WHERE ts > now() - INTERVAL 10 MINUTE GROUP BY minute
