#pragma once

#include "base/error.h"
#include "kafka/errors.h"

namespace freshet::broker {

/// What a client is told when the log refuses to make, change or remove a topic.
inline kafka::KafkaError code_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::kTopicExists:
      return kafka::KafkaError::kTopicAlreadyExists;
    case ErrorCode::kInvalidTopic:
      return kafka::KafkaError::kInvalidTopic;
    case ErrorCode::kUnknownTopic:
      return kafka::KafkaError::kUnknownTopicOrPartition;
    case ErrorCode::kOffsetOutOfRange:
      return kafka::KafkaError::kOffsetOutOfRange;
    case ErrorCode::kCancelled:
    case ErrorCode::kTimeout:
      return kafka::KafkaError::kRequestTimedOut;
    default:
      return kafka::KafkaError::kKafkaStorageError;
  }
}

}  // namespace freshet::broker
