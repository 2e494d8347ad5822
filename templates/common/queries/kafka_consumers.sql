-- Tables of ClickHouse's own Kafka engine (`engine: {kafka_tables: true}`): partitions, offsets, and the last exceptions.
-- Streams are not read by these: their positions are in offsets.sql.
SELECT
  database,
  table,
  assignments.partition_id AS partitions,
  assignments.current_offset AS offsets,
  num_messages_read,
  last_poll_time,
  last_commit_time,
  arrayMap(text -> substring(text, 1, 200), exceptions.text) AS last_exceptions
FROM system.kafka_consumers
ORDER BY database, table, consumer_id
