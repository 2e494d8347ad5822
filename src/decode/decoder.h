#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "columns/block.h"
#include "project/project.h"

/// From a record's value to a row of the stream's declared columns. What is accepted for each type: docs/types.md.
namespace freshet::decode {

/// Why a record goes to the dead letters.
struct DecodeFailure {
  std::string field;    ///< column at fault; empty: the whole value
  std::string message;  ///< "expected a number for Float64, got \"abc\""
};
struct BatchFailure {
  size_t index = 0;  ///< in the values given
  DecodeFailure failure;
};

/// Written into intents: a change of what a decoder yields for the same bytes raises it.
inline constexpr int kDecoderVersion = 1;

/// One a stream and thread: keeps scratch memory. The block's first columns must be the stream's declared columns, in
/// order. What it yields depends on the bytes alone: no clock, no chance, no earlier record.
class Decoder {
 public:
  virtual ~Decoder() = default;
  /// Appends one row to the declared columns of `block` for each value that can be decoded, in order; the others are
  /// added to `failures`, by index. Values need not be padded and are not kept. Much faster than one value at a time.
  virtual void decode_batch(std::span<const std::optional<std::string_view>> values, columns::Block& block,
                            std::vector<BatchFailure>& failures) = 0;
  /// Appends one value to each of the declared columns of `block`, or fails and appends nothing.
  /// `value` need not be padded. A null record value (tombstone) is a failure.
  std::optional<DecodeFailure> decode(std::optional<std::string_view> value, columns::Block& block);
  /// Fields seen that no column takes, so far.
  virtual uint64_t unknown_fields() const = 0;
  /// From now on also keep the names of such fields, with dots where they are nested, and how often each came: for
  /// people who check a declaration. Ingestion does not ask for it.
  virtual void name_unknown_fields() = 0;
  /// At most kMaxUnknownNames of them; empty unless asked for.
  virtual const std::map<std::string, uint64_t>& unknown_field_names() const = 0;
  static constexpr size_t kMaxUnknownNames = 1000;
  /// Nulls that became the default of a column (or of an element) that cannot be null, so far.
  virtual uint64_t null_defaults() const = 0;
};

/// For stream.format; kProjectUnsupported for one that is not there yet.
Result<std::unique_ptr<Decoder>> make_decoder(const project::Stream& stream);
/// Every column whose type cannot be declared, with its place in the stream's file.
std::vector<Error> check_declared_columns(const project::Stream& stream);
/// Adds the declared columns to an empty block.
Result<void> add_declared_columns(const project::Stream& stream, columns::Block& block);

}  // namespace freshet::decode
