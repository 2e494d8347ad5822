#!/bin/bash
# Lets Apache Kafka's own DumpLogSegments read a partition's folder: batches with their records, offset and time indexes
# against them, producer snapshots. Fails on any complaint. Prints the number of records it saw.
# Usage: dump_log_segments.sh FOLDER [EXPECTED_RECORDS]     Jars: $FRESHET_KAFKA_LIBS, default build/deps/kafka
set -euo pipefail
folder=$1 expected=${2:-}
root=$(cd "$(dirname "$0")/../.." && pwd)
jars=${FRESHET_KAFKA_LIBS:-$root/build/deps/kafka}
compgen -G "$jars/kafka_2.13-*.jar" >/dev/null || { echo "no jars of Apache Kafka in $jars: run tools/install" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Without an appender of its own Kafka's logging would only warn that it has none.
cat >"$work/log4j2.properties" <<'PROPERTIES'
rootLogger.level = off
PROPERTIES

dump() { # OUTPUT ARGUMENTS
  local output=$1
  shift
  java -Xmx256m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dlog4j2.configurationFile="$work/log4j2.properties" \
    -cp "$jars/*" kafka.tools.DumpLogSegments "$@" >"$output" 2>&1 ||
    { echo "DumpLogSegments failed on $folder:" >&2; tail -20 "$output" >&2; exit 1; }
}
files_of() { # SUFFIX...: comma separated
  local list=() suffix
  for suffix in "$@"; do list+=("$folder"/*"$suffix"); done
  local IFS=,
  echo "${list[*]}"
}

dump "$work/log" --deep-iteration --files "$(files_of .log)"
dump "$work/index" --files "$(files_of .index .timeindex)"
dump "$work/sanity" --index-sanity-check --files "$(files_of .index .timeindex)"
dump "$work/snapshot" --files "$(files_of .snapshot)"

complaints='isvalid: false|[Mm]ismatch|[Nn]on-?(con)?secutive|not found in|out of order|[Ii]nvalid|[Cc]orrupt|Exception|trailing|Found '
if grep -nE "$complaints" "$work"/log "$work"/index "$work"/sanity "$work"/snapshot >"$work/found"; then
  echo "DumpLogSegments complains about $folder:" >&2
  head -20 "$work/found" >&2
  exit 1
fi
indexes=$(ls "$folder" | grep -cE '\.(index|timeindex)$')
passed=$(grep -c 'passed sanity check' "$work/sanity" || true)
[ "$indexes" = "$passed" ] || { echo "$passed of $indexes indexes pass Kafka's sanity check" >&2; exit 1; }
records=$(grep -cE '^\| offset: ' "$work/log" || true)
[ -z "$expected" ] || [ "$records" = "$expected" ] ||
  { echo "DumpLogSegments sees $records records in $folder, expected $expected" >&2; exit 1; }
echo "$(basename "$folder"): $records records, $(ls "$folder" | grep -c '\.log$') segments, $indexes indexes, $(grep -c '^producerId:' "$work/snapshot" || true) producer states"
