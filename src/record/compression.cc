#include "record/compression.h"

#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "base/bytes.h"

namespace freshet::record {
namespace {

std::unexpected<Error> damaged(Compression compression, std::string_view what) {
  return fail(ErrorCode::kMalformed, "a {} compressed batch is damaged: {}", compression_name(compression), what);
}

/// Where decompressed bytes go: grows step by step with what really comes, up to the limit.
class Output {
 public:
  Output(std::string& out, size_t limit)
      : out_(out), start_(out.size()), end_(out.size()), limit_(out.size() + limit) {}
  ~Output() { out_.resize(end_); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// Room for at least `wanted` bytes; false at the limit.
  bool make_room(size_t wanted) {
    if (limit_ - end_ < wanted) return false;
    if (out_.size() - end_ >= wanted) return true;
    const size_t size = std::max(end_ + wanted, std::min(std::max(2 * out_.size(), out_.capacity()), limit_));
    out_.resize_and_overwrite(size, [size](char*, size_t) { return size; });
    return true;
  }
  /// For a stream: room for whatever comes next.
  bool make_some_room(size_t input_bytes) {
    if (out_.size() > end_) return true;
    return make_room(
        std::min(std::clamp(4 * input_bytes, size_t{4096}, size_t{1} << 20), std::max<size_t>(limit_ - end_, 1)));
  }
  char* at() { return out_.data() + end_; }
  size_t room() const { return out_.size() - end_; }
  void advance(size_t bytes) { end_ += bytes; }
  size_t produced() const { return end_ - start_; }

 private:
  std::string& out_;
  size_t start_;
  size_t end_;
  size_t limit_;
};

std::unexpected<Error> too_large(size_t limit) {
  return fail(ErrorCode::kTooLarge, "a compressed batch grows to more than {} bytes", limit);
}

Result<void> gunzip(std::string_view bytes, Output& out, size_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 32) != Z_OK) return fail(ErrorCode::kInternal, "zlib cannot be initialised");
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> guard(&stream, &inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  while (true) {
    if (!out.make_some_room(bytes.size())) return too_large(limit);
    stream.next_out = reinterpret_cast<Bytef*>(out.at());
    const uInt room = static_cast<uInt>(std::min<size_t>(out.room(), 1U << 30));
    stream.avail_out = room;
    const int status = inflate(&stream, Z_NO_FLUSH);
    out.advance(room - stream.avail_out);
    if (status == Z_STREAM_END) {
      if (stream.avail_in == 0) return {};
      if (inflateReset(&stream) != Z_OK) return damaged(Compression::kGzip, "its members do not follow each other");
      continue;
    }
    if (status != Z_OK && status != Z_BUF_ERROR) {
      return damaged(Compression::kGzip, stream.msg != nullptr ? stream.msg : "not gzip");
    }
    if (stream.avail_in == 0 && stream.avail_out > 0) return damaged(Compression::kGzip, "it is cut off");
  }
}

Result<void> gzip(std::string_view bytes, std::string& out) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return fail(ErrorCode::kInternal, "zlib cannot be initialised");
  }
  const std::unique_ptr<z_stream, decltype(&deflateEnd)> guard(&stream, &deflateEnd);
  const size_t start = out.size();
  out.resize(start + deflateBound(&stream, bytes.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data() + start);
  stream.avail_out = static_cast<uInt>(out.size() - start);
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) return fail(ErrorCode::kInternal, "zlib cannot compress a batch");
  out.resize(start + stream.total_out);
  return {};
}

Result<void> snappy_block(std::string_view block, Output& out, size_t limit) {
  size_t size = 0;
  if (snappy_uncompressed_length(block.data(), block.size(), &size) != SNAPPY_OK) {
    return damaged(Compression::kSnappy, "a block has no length");
  }
  if (size > limit - std::min(limit, out.produced())) return too_large(limit);
  // Snappy's densest element makes 64 bytes of 3: nothing is allocated for a length that the block cannot have.
  if (size / 32 > block.size()) return damaged(Compression::kSnappy, "a block announces more than it can hold");
  if (!out.make_room(size)) return too_large(limit);
  size_t written = out.room();
  if (snappy_uncompress(block.data(), block.size(), out.at(), &written) != SNAPPY_OK) {
    return damaged(Compression::kSnappy, "a block is not valid");
  }
  out.advance(size);
  return {};
}

/// xerial's framing: magic, version i32, compatible version i32, then blocks of length i32 and raw snappy.
constexpr std::string_view kXerialMagic("\x82SNAPPY\0", 8);
constexpr size_t kXerialHeaderBytes = 16;
constexpr size_t kXerialBlockBytes = size_t{32} << 10;

Result<void> snappy_read(std::string_view bytes, Output& out, size_t limit) {
  if (!bytes.starts_with(kXerialMagic)) return snappy_block(bytes, out, limit);
  if (bytes.size() < kXerialHeaderBytes) return damaged(Compression::kSnappy, "its framing is cut off");
  ByteReader reader(bytes.substr(kXerialHeaderBytes));
  while (reader.remaining() > 0) {
    const auto size = reader.big<int32_t>();
    const std::string_view block = size > 0 ? reader.bytes(static_cast<size_t>(size)) : std::string_view();
    if (!reader.ok() || size <= 0) return damaged(Compression::kSnappy, "its framing is cut off");
    RETURN_IF_ERROR(snappy_block(block, out, limit));
  }
  return {};
}

Result<void> snappy_write(std::string_view bytes, std::string& out) {
  out.append(kXerialMagic);
  append_big(out, int32_t{1});
  append_big(out, int32_t{1});
  while (!bytes.empty()) {
    const std::string_view block = bytes.substr(0, kXerialBlockBytes);
    size_t size = snappy_max_compressed_length(block.size());
    const size_t at = out.size();
    out.resize(at + sizeof(int32_t) + size);
    if (snappy_compress(block.data(), block.size(), out.data() + at + sizeof(int32_t), &size) != SNAPPY_OK) {
      return fail(ErrorCode::kInternal, "snappy cannot compress a batch");
    }
    store_big(out.data() + at, static_cast<int32_t>(size));
    out.resize(at + sizeof(int32_t) + size);
    bytes.remove_prefix(block.size());
  }
  return {};
}

Result<void> lz4_read(std::string_view bytes, Output& out, size_t limit) {
  // One context a thread: making one costs more than a small batch. It is reset after an error.
  struct Context {
    LZ4F_dctx* context = nullptr;
    Context() { (void)LZ4F_createDecompressionContext(&context, LZ4F_VERSION); }
    ~Context() { LZ4F_freeDecompressionContext(context); }
  };
  thread_local Context holder;
  LZ4F_dctx* context = holder.context;
  if (context == nullptr) return fail(ErrorCode::kInternal, "lz4 cannot be initialised");
  LZ4F_resetDecompressionContext(context);
  size_t hint = 1;
  while (!bytes.empty() || hint != 0) {
    if (!out.make_some_room(bytes.size())) return too_large(limit);
    size_t produced = out.room();
    size_t consumed = bytes.size();
    hint = LZ4F_decompress(context, out.at(), &produced, bytes.data(), &consumed, nullptr);
    if (LZ4F_isError(hint)) return damaged(Compression::kLz4, LZ4F_getErrorName(hint));
    out.advance(produced);
    bytes.remove_prefix(consumed);
    if (hint != 0 && bytes.empty() && produced == 0 && consumed == 0)
      return damaged(Compression::kLz4, "it is cut off");
  }
  return {};
}

Result<void> lz4_write(std::string_view bytes, std::string& out) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockSizeID = LZ4F_max64KB;
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  const size_t start = out.size();
  out.resize(start + LZ4F_compressFrameBound(bytes.size(), &preferences));
  const size_t size =
      LZ4F_compressFrame(out.data() + start, out.size() - start, bytes.data(), bytes.size(), &preferences);
  if (LZ4F_isError(size)) return fail(ErrorCode::kInternal, "lz4 cannot compress a batch: {}", LZ4F_getErrorName(size));
  out.resize(start + size);
  return {};
}

Result<void> zstd_read(std::string_view bytes, Output& out, size_t limit) {
  thread_local const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), &ZSTD_freeDCtx);
  if (!context) return fail(ErrorCode::kInternal, "zstd cannot be initialised");
  ZSTD_DCtx_reset(context.get(), ZSTD_reset_session_only);
  constexpr int kWindowLog = 27;  // 128 MiB, what `zstd` itself accepts: memory for a window is bounded by it
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kWindowLog);
  ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
  size_t hint = 1;
  while (input.pos < input.size || hint != 0) {
    if (!out.make_some_room(bytes.size())) return too_large(limit);
    ZSTD_outBuffer output{out.at(), out.room(), 0};
    const size_t before = input.pos;
    hint = ZSTD_decompressStream(context.get(), &output, &input);
    if (ZSTD_isError(hint)) return damaged(Compression::kZstd, ZSTD_getErrorName(hint));
    out.advance(output.pos);
    if (hint != 0 && input.pos == before && output.pos == 0) return damaged(Compression::kZstd, "it is cut off");
  }
  return {};
}

Result<void> zstd_write(std::string_view bytes, std::string& out) {
  const size_t start = out.size();
  out.resize(start + ZSTD_compressBound(bytes.size()));
  const size_t size = ZSTD_compress(out.data() + start, out.size() - start, bytes.data(), bytes.size(), 3);
  if (ZSTD_isError(size))
    return fail(ErrorCode::kInternal, "zstd cannot compress a batch: {}", ZSTD_getErrorName(size));
  out.resize(start + size);
  return {};
}

}  // namespace

std::string_view compression_name(Compression compression) {
  static constexpr std::string_view kNames[] = {"none", "gzip", "snappy", "lz4", "zstd"};
  const auto index = static_cast<size_t>(compression);
  return index < std::size(kNames) ? kNames[index] : "unknown";
}

Result<void> decompress(Compression compression, std::string_view bytes, std::string& out, size_t limit_bytes) {
  Output output(out, limit_bytes);
  switch (compression) {
    case Compression::kNone:
      if (!output.make_room(bytes.size())) return too_large(limit_bytes);
      std::copy(bytes.begin(), bytes.end(), output.at());
      output.advance(bytes.size());
      return {};
    case Compression::kGzip:
      return gunzip(bytes, output, limit_bytes);
    case Compression::kSnappy:
      return snappy_read(bytes, output, limit_bytes);
    case Compression::kLz4:
      return lz4_read(bytes, output, limit_bytes);
    case Compression::kZstd:
      return zstd_read(bytes, output, limit_bytes);
  }
  return fail(ErrorCode::kMalformed, "compression type {} does not exist", static_cast<int>(compression));
}

Result<void> compress(Compression compression, std::string_view bytes, std::string& out) {
  switch (compression) {
    case Compression::kNone:
      out.append(bytes);
      return {};
    case Compression::kGzip:
      return gzip(bytes, out);
    case Compression::kSnappy:
      return snappy_write(bytes, out);
    case Compression::kLz4:
      return lz4_write(bytes, out);
    case Compression::kZstd:
      return zstd_write(bytes, out);
  }
  return fail(ErrorCode::kInternal, "compression type {} does not exist", static_cast<int>(compression));
}

}  // namespace freshet::record
