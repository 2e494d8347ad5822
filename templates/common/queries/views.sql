-- Every view and its versions: which one is live, and why another is not.
SELECT name, version, state, stream, storage, reason, changed_at
FROM {{name}}__freshet.views FINAL
ORDER BY name, version DESC
