#include "kafka/errors.h"

namespace freshet::kafka {

std::string_view error_name(KafkaError error) {
  switch (error) {
#define KAFKA_ERROR(name, code, text, retriable) \
  case KafkaError::name:                         \
    return text;
#include "kafka/errors.def"
#undef KAFKA_ERROR
  }
  return "UNKNOWN_SERVER_ERROR";
}

bool is_retriable(KafkaError error) {
  switch (error) {
#define KAFKA_ERROR(name, code, text, retriable) \
  case KafkaError::name:                         \
    return retriable;
#include "kafka/errors.def"
#undef KAFKA_ERROR
  }
  return false;
}

}  // namespace freshet::kafka
