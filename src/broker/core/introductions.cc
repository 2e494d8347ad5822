#include <algorithm>
#include <cctype>
#include <set>

#include "broker/core/handlers.h"

/// What clients ask before they begin: ApiVersions, FindCoordinator, InitProducerId.
namespace freshet::broker {
namespace {

using kafka::KafkaError;

/// KIP-511: letters and digits, with '-' and '.' between them.
bool is_software_name(std::string_view name) {
  const auto plain = [](unsigned char c) { return std::isalnum(c) != 0; };
  return !name.empty() && plain(static_cast<unsigned char>(name.front())) &&
         plain(static_cast<unsigned char>(name.back())) && std::all_of(name.begin(), name.end(), [&](char c) {
           return c == '-' || c == '.' || plain(static_cast<unsigned char>(c));
         });
}

constexpr std::string_view kNoTransactions = "this broker has no transactions";

}  // namespace

std::string handlers_table() {
  std::string table = "| key | API | versions |\n|---|---|---|\n";
  for (const kafka::Api& api : kOffered) {
    table += fmt::format("| {} | {} | {}-{} |\n", api.key, api.name, api.versions.first, api.versions.last);
  }
  return table;
}

void handle(Core& core, const Call& call, const kafka::ApiVersionsRequest& request) {
  kafka::ApiVersionsResponse response = kafka::offer(kOffered);
  if (call.version >= 3) {
    if (!is_software_name(request.client_software_name) || !is_software_name(request.client_software_version)) {
      response = {};
      response.error = KafkaError::kInvalidRequest;
    } else if (ClientInfo* client = core.client(call.id.connection)) {
      client->software_name = request.client_software_name;
      client->software_version = request.client_software_version;
    }
  }
  std::sort(response.api_keys.begin(), response.api_keys.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  core.reply(call, response);
}

void handle(Core& core, const Call& call, const kafka::FindCoordinatorRequest& request) {
  const bool is_group = request.key_type == kafka::CoordinatorType::kGroup;
  const CoreOptions& options = core.options();
  kafka::FindCoordinatorResponse response;
  const auto describe = [&](auto& found) {
    if (is_group) {
      found.node_id = options.node_id;
      found.host = options.host;
      found.port = options.port;
      return;
    }
    const bool transaction = request.key_type == kafka::CoordinatorType::kTransaction;
    found.node_id = -1;
    found.port = -1;
    // Of all refusals, this is the one that every client gives up on at once instead of asking for ever.
    found.error = transaction ? KafkaError::kTransactionalIdAuthorizationFailed : KafkaError::kInvalidRequest;
    found.error_message = transaction ? std::string(kNoTransactions) : "only groups have a coordinator here";
  };
  if (call.version < 4) {
    describe(response);
  } else {
    std::set<std::string_view> seen;
    for (const std::string_view key : request.coordinator_keys) {
      if (!seen.insert(key).second) continue;
      auto& found = response.coordinators.emplace_back();
      found.key = key;
      describe(found);
    }
  }
  core.reply(call, response);
}

void handle(Core& core, const Call& call, const kafka::InitProducerIdRequest& request) {
  kafka::InitProducerIdResponse response;
  if (request.transactional_id) {
    response.error = request.transactional_id->empty() ? KafkaError::kInvalidRequest
                                                       : KafkaError::kTransactionalIdAuthorizationFailed;
    response.producer_epoch = -1;
    return core.reply(call, response);
  }
  core.new_producer_id([&core, call](const Result<ProducerId>& id) {
    kafka::InitProducerIdResponse answer;
    if (id) {
      answer.producer_id = id->value;
      answer.producer_epoch = 0;
    } else {
      answer.error = KafkaError::kCoordinatorLoadInProgress;  // retried by every client
      answer.producer_epoch = -1;
    }
    core.reply(call, answer);
  });
}

}  // namespace freshet::broker
