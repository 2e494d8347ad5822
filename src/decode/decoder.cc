#include "decode/decoder.h"

#include "decode/json_decoder.h"

namespace freshet::decode {
namespace {

Result<schema::Type> type_of(const project::Stream& stream, const project::Column& column) {
  Result<schema::Type> type = schema::parse_type(column.type);
  if (type) return type;
  Error error = std::move(type).error();
  error.message = fmt::format("column {}: {}", column.name, error.message);
  error.file = stream.file;
  error.line = column.line;
  error.column = column.column;
  return std::unexpected(std::move(error));
}

Result<std::vector<DeclaredColumn>> declared_columns(const project::Stream& stream) {
  std::vector<DeclaredColumn> columns;
  for (const project::Column& column : stream.columns) {
    ASSIGN_OR_RETURN(schema::Type type, type_of(stream, column));
    columns.push_back({column.name, std::move(type)});
  }
  return columns;
}

}  // namespace

std::optional<DecodeFailure> Decoder::decode(std::optional<std::string_view> value, columns::Block& block) {
  std::vector<BatchFailure> failures;
  decode_batch({&value, 1}, block, failures);
  if (failures.empty()) return std::nullopt;
  return std::move(failures.front().failure);
}

Result<std::unique_ptr<Decoder>> make_decoder(const project::Stream& stream) {
  if (stream.format != "json") {
    return fail(ErrorCode::kProjectUnsupported, "the format '{}' of stream {} is not there yet; use json",
                stream.format, stream.name);
  }
  ASSIGN_OR_RETURN(std::vector<DeclaredColumn> columns, declared_columns(stream));
  return make_json_decoder(columns);
}

std::vector<Error> check_declared_columns(const project::Stream& stream) {
  std::vector<Error> errors;
  for (const project::Column& column : stream.columns) {
    if (auto type = type_of(stream, column); !type) errors.push_back(std::move(type).error());
  }
  return errors;
}

Result<void> add_declared_columns(const project::Stream& stream, columns::Block& block) {
  ASSIGN_OR_RETURN(const std::vector<DeclaredColumn> columns, declared_columns(stream));
  for (const DeclaredColumn& column : columns) block.add(column.name, column.type);
  return {};
}

}  // namespace freshet::decode
