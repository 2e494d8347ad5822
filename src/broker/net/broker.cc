#include "broker/net/broker.h"

#include "broker/net/impl.h"

namespace freshet::broker {

Result<std::unique_ptr<Broker>> Broker::start(io::FileSystem& files, log::LogManager& logs, MetricsRegistry& metrics,
                                              const Options& options) {
  auto impl = std::make_unique<Impl>(files, logs, metrics, options);
  RETURN_IF_ERROR(impl->start());
  return std::unique_ptr<Broker>(new Broker(std::move(impl)));
}

Broker::Broker(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Broker::~Broker() = default;

uint16_t Broker::port() const { return impl_->port(); }
const std::string& Broker::cluster_id() const { return impl_->cluster_id(); }
void Broker::stop() { impl_->stop(); }

Result<log::TopicInfo> Broker::create_topic(const std::string& name, int32_t partitions) {
  if (std::string problem = topic_name_problem(name); !problem.empty()) {
    return fail(ErrorCode::kInvalidTopic, "{}", problem);
  }
  using Answer = std::shared_ptr<Promise<log::TopicInfo>>;
  return impl_->ask<log::TopicInfo>([name, partitions](Core& core, Answer answer) {
    if (const auto topic = core.catalog().find(name)) return answer->set(*topic->info);
    core.create_topics({{name, partitions, {}}}, [&core, name, answer](const Core::Created& created) {
      if (created[0]) return answer->set(*(*created[0])->info);
      // A client may have made it in the same moment.
      if (const auto topic = core.catalog().find(name)) return answer->set(*topic->info);
      answer->set(std::unexpected(created[0].error()));
    });
  });
}

Result<void> Broker::commit_offsets(const std::string& group, std::vector<OffsetEntry> entries) {
  struct Done {};
  using Answer = std::shared_ptr<Promise<Done>>;
  std::vector<GroupCoordinator::Position> positions;
  for (OffsetEntry& entry : entries) {
    positions.push_back(
        {std::move(entry.topic), entry.partition, entry.offset, entry.leader_epoch, std::move(entry.metadata)});
  }
  const Result<Done> done = impl_->ask<Done>([group, positions = std::move(positions)](Core& core, Answer answer) {
    core.groups().reserve(group);
    core.groups().commit_positions(group, positions, core.now(), [group, answer](kafka::KafkaError error) {
      switch (error) {
        case kafka::KafkaError::kNone:
          return answer->set(Done{});
        case kafka::KafkaError::kOffsetMetadataTooLarge:
          return answer->set(
              fail(ErrorCode::kTooLarge, "the metadata of a position of group '{}' is too large", group));
        default:
          return answer->set(fail(ErrorCode::kKafkaRefused, "the positions of group '{}' were not stored: {}", group,
                                  kafka::error_name(error)));
      }
    });
  });
  if (!done) return std::unexpected(done.error());
  return {};
}

Result<std::vector<Broker::OffsetEntry>> Broker::committed_offsets(const std::string& group) {
  using Answer = std::shared_ptr<Promise<std::vector<OffsetEntry>>>;
  return impl_->ask<std::vector<OffsetEntry>>([group](Core& core, Answer answer) {
    core.groups().reserve(group);
    std::vector<OffsetEntry> entries;
    for (GroupCoordinator::Position& position : core.groups().committed(group)) {
      entries.push_back({std::move(position.topic), position.partition, position.offset, position.leader_epoch,
                         std::move(position.metadata)});
    }
    answer->set(std::move(entries));
  });
}

void Broker::on_advance(Advance callback) {
  impl_->with_callbacks([&](auto& callbacks) { callbacks.on_advance = std::move(callback); });
}
void Broker::before_delete(std::function<Result<void>(const std::string&)> callback) {
  impl_->with_callbacks([&](auto& callbacks) { callbacks.before_delete = std::move(callback); });
}
void Broker::after_delete(std::function<void(const std::string&)> callback) {
  impl_->with_callbacks([&](auto& callbacks) { callbacks.after_delete = std::move(callback); });
}
void Broker::after_create(std::function<void(const std::string&)> callback) {
  impl_->with_callbacks([&](auto& callbacks) { callbacks.after_create = std::move(callback); });
}
void Broker::after_grow(std::function<void(const std::string&)> callback) {
  impl_->with_callbacks([&](auto& callbacks) { callbacks.after_grow = std::move(callback); });
}
void Broker::set_retention(std::function<Offset(const std::string&, PartitionId)> keep_from) {
  impl_->retention().set_keep_from(std::move(keep_from));
}

std::string Broker::overrun_reason() const { return impl_->overrun_reason(); }
LogUse Broker::log_use() const { return impl_->retention().use(); }
Broker::Stats Broker::stats() const { return impl_->stats(); }

std::vector<Broker::Client> Broker::clients() const {
  using Answer = std::shared_ptr<Promise<std::vector<Client>>>;
  const Result<std::vector<Client>> result = impl_->ask<std::vector<Client>>([](Core& core, Answer answer) {
    std::vector<Client> clients;
    for (ClientInfo& info : core.clients()) {
      clients.push_back(
          {info.peer, info.client_id, info.software_name, info.software_version, info.acks, info.requests});
    }
    answer->set(std::move(clients));
  });
  return result ? *result : std::vector<Client>{};
}

}  // namespace freshet::broker
