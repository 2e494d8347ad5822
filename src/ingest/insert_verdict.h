#pragma once

#include <string>
#include <string_view>

#include "clickhouse/client.h"
#include "ingest/warehouse.h"

namespace freshet::ingest {

/// What a failed INSERT into our own engine may have left behind. Every error leaves the batch in doubt: a repeat with
/// its token settles it. After an error that could come from a part's failed rename the token itself may be a phantom.
InsertVerdict verdict_of(const clickhouse::QueryError& error);

/// The error comes from the rows or from the statement: the same insert meets it again.
bool comes_again(const clickhouse::QueryError& error);

/// The trigger that "while pushing to view" names at the end of ClickHouse's text; empty without one.
std::string failing_view_of(std::string_view message);

}  // namespace freshet::ingest
