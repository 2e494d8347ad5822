-- The incarnations of each topic. A topic that was deleted and made again has a new epoch; rows carry it as `_epoch`.
SELECT topic, epoch, topic_id, created_at
FROM {{name}}__freshet.epochs
ORDER BY topic, epoch DESC
