#pragma once

#include "sim/events.h"
#include "sim/program.h"

namespace freshet::sim {

/// Compares what the tables and the log hold with what was produced, once everything has come to rest. What is wrong
/// becomes a violation in the trace.
void audit(const Events& events, const Program& program, const SimClickHouse& clickhouse, Trace& trace);

}  // namespace freshet::sim
