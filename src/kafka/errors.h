#pragma once

#include <cstdint>
#include <string_view>

namespace freshet::kafka {

/// Kafka's error codes as they stand in responses.
enum class KafkaError : int16_t {
#define KAFKA_ERROR(name, code, text, retriable) name = code,
#include "kafka/errors.def"
#undef KAFKA_ERROR
};

/// "OFFSET_OUT_OF_RANGE"; "UNKNOWN_SERVER_ERROR" for codes that Kafka 4.1 does not have.
std::string_view error_name(KafkaError error);
/// Whether clients try again by themselves.
bool is_retriable(KafkaError error);

}  // namespace freshet::kafka
