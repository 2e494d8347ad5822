-- Records that could not become rows: what was expected, how often it was not so, and the newest example.
SELECT
  stream,
  field,
  splitByString(', got ', error)[1] AS reason,
  count() AS records,
  max(_inserted_at) AS newest,
  argMax(error, _inserted_at) AS newest_error,
  argMax(substring(coalesce(value, ''), 1, 200), _inserted_at) AS newest_value
FROM {{name}}__freshet.dead_letters
GROUP BY stream, field, reason
ORDER BY records DESC, stream, field, reason
LIMIT 100
