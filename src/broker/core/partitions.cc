#include <algorithm>
#include <map>
#include <set>

#include "base/log_line.h"
#include "broker/core/authorized.h"
#include "broker/core/handlers.h"
#include "broker/core/log_errors.h"
#include "broker/core/repeats.h"

/// CreatePartitions, DescribeTopicPartitions, DeleteRecords, OffsetForLeaderEpoch.
namespace freshet::broker {
namespace {

using kafka::CreatePartitionsRequest;
using kafka::CreatePartitionsResponse;
using kafka::DeleteRecordsRequest;
using kafka::DeleteRecordsResponse;
using kafka::DescribeTopicPartitionsRequest;
using kafka::DescribeTopicPartitionsResponse;
using kafka::KafkaError;

struct Problem {
  KafkaError error = KafkaError::kNone;
  std::optional<std::string> message;
};

Problem check_growth(const Core& core, const CreatePartitionsRequest::Topic& wanted, int64_t planned) {
  const auto topic = core.catalog().find(wanted.name);
  if (!topic) return {KafkaError::kUnknownTopicOrPartition, "This server does not host this topic-partition."};
  if (topic->info->internal) return {KafkaError::kPolicyViolation, "an internal topic cannot be changed"};
  const int32_t now = topic->info->partitions;
  if (wanted.count == now)
    return {KafkaError::kInvalidPartitions, fmt::format("Topic already has {} partition(s).", now)};
  if (wanted.count < now) {
    return {KafkaError::kInvalidPartitions,
            fmt::format("The topic {} currently has {} partition(s); {} would not be an increase.", wanted.name, now,
                        wanted.count)};
  }
  const int32_t more = wanted.count - now;
  if (wanted.assignments && static_cast<int32_t>(wanted.assignments->size()) != more) {
    return {KafkaError::kInvalidReplicaAssignment,
            fmt::format("Attempted to add {} additional partition(s), but only {} assignment(s) were specified.", more,
                        wanted.assignments->size())};
  }
  const std::vector only{core.options().node_id};
  const bool elsewhere = wanted.assignments && std::any_of(wanted.assignments->begin(), wanted.assignments->end(),
                                                           [&](const auto& a) { return a.broker_ids != only; });
  if (elsewhere) {
    return {KafkaError::kInvalidReplicaAssignment, fmt::format("the only broker is {}", core.options().node_id)};
  }
  if (wanted.count > core.limits().max_partitions_per_topic) {
    return {KafkaError::kInvalidPartitions,
            fmt::format("a topic has at most {} partitions", core.limits().max_partitions_per_topic)};
  }
  if (core.catalog().partition_count() + planned + more > core.limits().max_partitions) {
    return {KafkaError::kPolicyViolation, "there are too many partitions already"};
  }
  return {};
}

void describe(const Core& core, const Topic& topic, int32_t first, size_t at_most,
              DescribeTopicPartitionsResponse::Topic& described) {
  const std::vector node{core.options().node_id};
  described.name = topic.info->name;
  described.id = topic.info->id;
  described.is_internal = topic.info->internal;
  described.authorized_operations = kTopicOperations;
  for (int32_t i = first; i < topic.info->partitions && described.partitions.size() < at_most; ++i) {
    auto& partition = described.partitions.emplace_back();
    partition.index = i;
    partition.leader_id = node.front();
    partition.leader_epoch = 0;
    partition.replicas = partition.in_sync_replicas = node;
    partition.eligible_leader_replicas.emplace();
    partition.last_known_leader_replicas.emplace();
  }
}

/// One deletion: found on the core's thread, done on the writer's.
struct Deletion {
  std::string topic;
  int32_t index = 0;
  int64_t offset = 0;
  std::shared_ptr<log::PartitionLog> log;
  size_t topic_place = 0, partition_place = 0;
  KafkaError error = KafkaError::kNone;
};

/// On the writer's thread.
void run(Deletion& one, const std::function<Offset(const std::string&, PartitionId)>& keep_from) {
  const Offset end = one.log->high_watermark();
  const Offset target = one.offset == -1 ? end : Offset(one.offset);
  if (target > end || target.value < 0) {
    one.error = KafkaError::kOffsetOutOfRange;
    return;
  }
  const Offset keep = keep_from ? keep_from(one.topic, PartitionId(one.index)) : end;
  if (target > keep && target > one.log->log_start()) {
    log_warn("broker",
             "records of {}-{} before offset {} are not deleted: the stream that reads the topic has ingested it up to "
             "offset {} only. `freshet status` shows how far it is",
             one.topic, one.index, target.value, keep.value);
    one.error = KafkaError::kPolicyViolation;
    return;
  }
  if (const Result<void> deleted = one.log->delete_before(target); !deleted) {
    log_warn("broker", "cannot delete records of {}-{}: {}", one.topic, one.index, deleted.error().message);
    one.error = code_of(deleted.error());
  }
}

/// From `first` on, a few in each job: each is some syncs, and meanwhile nothing is appended.
void run_all(Core& core, const std::shared_ptr<std::vector<Deletion>>& deletions, size_t first,
             const std::function<void()>& finish) {
  constexpr size_t kMostInAJob = 8;
  const size_t end = std::min(deletions->size(), first + kMostInAJob);
  auto job = std::make_unique<Job>();
  job->work = [deletions, first, end, keep_from = core.parts().keep_from](log::LogManager&) {
    for (size_t i = first; i < end; ++i) run((*deletions)[i], keep_from);
  };
  job->done = [&core, deletions, end, finish](Job&) {
    end == deletions->size() ? finish() : run_all(core, deletions, end, finish);
  };
  core.submit(std::move(job), [deletions, first, finish] {
    for (size_t i = first; i < deletions->size(); ++i) (*deletions)[i].error = KafkaError::kRequestTimedOut;
    finish();
  });
}

}  // namespace

void handle(Core& core, const Call& call, const CreatePartitionsRequest& request) {
  std::map<std::string_view, int> named;
  for (const auto& topic : request.topics) ++named[topic.name];
  const auto response = std::make_shared<CreatePartitionsResponse>();
  std::vector<Core::Growth> wanted;
  std::vector<size_t> places;
  int64_t planned = 0;
  for (const auto& topic : request.topics) {
    if (named[topic.name] == 0) continue;  // answered already
    Problem problem = named[topic.name] > 1 ? Problem{KafkaError::kInvalidRequest, "Duplicate topic name."}
                                            : check_growth(core, topic, planned);
    named[topic.name] = 0;
    auto& result = response->results.emplace_back();
    result.name = topic.name;
    result.error = problem.error;
    result.error_message = std::move(problem.message);
    if (result.error != KafkaError::kNone || request.validate_only) continue;
    const auto& info = *core.catalog().find(topic.name)->info;
    planned += topic.count - info.partitions;
    wanted.push_back({info.id, topic.count});
    places.push_back(response->results.size() - 1);
  }
  if (wanted.empty()) return core.reply(call, *response);
  core.grow_topics(std::move(wanted), [&core, call, response, places](const std::vector<Result<void>>& done) {
    for (size_t i = 0; i < places.size(); ++i) {
      if (done[i]) continue;
      // Another client was faster.
      const bool raced = done[i].error().code == ErrorCode::kInvalidTopic;
      response->results[places[i]].error = raced ? KafkaError::kInvalidPartitions : code_of(done[i].error());
      response->results[places[i]].error_message = done[i].error().message;
    }
    core.reply(call, *response);
  });
}

void handle(Core& core, const Call& call, const DescribeTopicPartitionsRequest& request) {
  constexpr int32_t kMostPartitions = 2'000;  // Kafka's max.request.partition.size.limit
  const auto limit = static_cast<size_t>(std::clamp(request.partition_limit, 1, kMostPartitions));
  std::set<std::string, std::less<>> names;
  if (request.topics.empty()) {
    for (const auto& [name, topic] : core.catalog().topics()) names.insert(name);
  } else {
    for (const auto& topic : request.topics) names.emplace(topic.name);
  }
  if (request.cursor) names.erase(names.begin(), names.lower_bound(request.cursor->topic));

  DescribeTopicPartitionsResponse response;
  size_t partitions = 0;
  for (const std::string& name : names) {
    const auto topic = core.catalog().find(name);
    const bool resumed = request.cursor && request.cursor->topic == name;
    const int32_t first = resumed ? std::max(0, request.cursor->index) : 0;
    if (partitions == limit && topic) {
      response.next_cursor.emplace(name, first);
      break;
    }
    auto& described = response.topics.emplace_back();
    if (!topic) {
      described.name = name;
      described.error =
          topic_name_problem(name).empty() ? KafkaError::kUnknownTopicOrPartition : KafkaError::kInvalidTopic;
      continue;
    }
    describe(core, *topic, first, limit - partitions, described);
    partitions += described.partitions.size();
    const int32_t next = first + static_cast<int32_t>(described.partitions.size());
    if (next < topic->info->partitions) {
      response.next_cursor.emplace(name, next);
      break;
    }
  }
  core.reply(call, response);
}

void handle(Core& core, const Call& call, const DeleteRecordsRequest& request) {
  using Named = std::pair<std::string_view, int32_t>;
  std::vector<Named> named;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) named.emplace_back(topic.name, partition.index);
  }
  const Repeats<Named> repeats(std::move(named));
  const auto response = std::make_shared<DeleteRecordsResponse>();
  const auto deletions = std::make_shared<std::vector<Deletion>>();
  for (const auto& wanted : request.topics) {
    const auto topic = core.catalog().find(wanted.name);
    auto& answered = response->topics.emplace_back();
    answered.name = wanted.name;
    for (const auto& partition : wanted.partitions) {
      auto& out = answered.partitions.emplace_back();
      out.index = partition.index;
      out.low_watermark = -1;
      const auto* log = topic ? topic->partition(partition.index) : nullptr;
      if (log == nullptr) {
        out.error = KafkaError::kUnknownTopicOrPartition;
      } else if (topic->info->internal) {
        out.error = KafkaError::kInvalidTopic;
      } else if (repeats.contains({wanted.name, partition.index})) {
        out.error = KafkaError::kInvalidRequest;
      } else {
        deletions->push_back({answered.name, partition.index, partition.offset, *log, response->topics.size() - 1,
                              answered.partitions.size() - 1});
      }
    }
  }
  if (deletions->empty()) return core.reply(call, *response);
  const auto finish = [&core, call, response, deletions] {
    for (const Deletion& one : *deletions) {
      auto& out = response->topics[one.topic_place].partitions[one.partition_place];
      out.error = one.error;
      if (one.error == KafkaError::kNone) out.low_watermark = one.log->log_start().value;
      core.fetcher().advanced(one.log.get());  // who waits below the new start must hear of it
    }
    core.reply(call, *response);
  };
  run_all(core, deletions, 0, finish);
}

/// There has only ever been epoch 0.
void handle(Core& core, const Call& call, const kafka::OffsetForLeaderEpochRequest& request) {
  kafka::OffsetForLeaderEpochResponse response;
  for (const auto& wanted : request.topics) {
    const auto topic = core.catalog().find(wanted.topic);
    auto& answered = response.topics.emplace_back();
    answered.topic = wanted.topic;
    for (const auto& partition : wanted.partitions) {
      auto& out = answered.partitions.emplace_back();
      out.index = partition.index;
      const auto* log = topic ? topic->partition(partition.index) : nullptr;
      if (log == nullptr) {
        out.error = KafkaError::kUnknownTopicOrPartition;
      } else if (partition.current_leader_epoch > 0) {
        out.error = KafkaError::kUnknownLeaderEpoch;
      } else if (partition.leader_epoch == 0) {
        out.leader_epoch = 0;
        out.end_offset = (*log)->high_watermark().value;
      }
    }
  }
  core.reply(call, response);
}

}  // namespace freshet::broker
