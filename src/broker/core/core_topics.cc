#include <utility>

#include "broker/core/core.h"

/// What the core does to topics: each change is a job of the log's writer, after which the catalog follows.
namespace freshet::broker {

void Core::create_topics(std::vector<NewTopic> topics, std::function<void(Created)> done) {
  struct State {
    std::vector<NewTopic> wanted;
    std::vector<Uuid> ids;
    std::vector<Result<std::shared_ptr<const log::TopicInfo>>> results;
  };
  const auto state = std::make_shared<State>();
  for (size_t i = 0; i < topics.size(); ++i) state->ids.push_back(parts_.new_uuid());
  state->wanted = std::move(topics);
  auto job = std::make_unique<Job>();
  job->work = [state](log::LogManager& logs) {
    for (size_t i = 0; i < state->wanted.size(); ++i) {
      const NewTopic& wanted = state->wanted[i];
      state->results.push_back(logs.create(wanted.name, state->ids[i], wanted.partitions, wanted.settings, false));
    }
  };
  job->done = [this, state, done](Job&) {
    Created created;
    for (const auto& result : state->results) {
      if (!result) {
        created.push_back(std::unexpected(result.error()));
        continue;
      }
      created.push_back(catalog_.add(parts_.logs, *result));
      parts_.watcher.after_create((*result)->name);
    }
    done(std::move(created));
  };
  submit(std::move(job), [state, done] {
    done(Created(state->wanted.size(), fail(ErrorCode::kCancelled, "the log's writer is busy or stopping")));
  });
}

void Core::delete_topic(const std::shared_ptr<const Topic>& topic, std::function<void(Result<void>)> done) {
  parts_.watcher.before_delete(topic->info->name, [this, topic, done](Result<void> allowed) {
    if (!allowed) return done(std::move(allowed));
    if (catalog_.find(topic->info->id) == nullptr) {
      return done(fail(ErrorCode::kUnknownTopic, "the topic '{}' was deleted meanwhile", topic->info->name));
    }
    const auto result = std::make_shared<Result<void>>();
    auto job = std::make_unique<Job>();
    const auto gone = std::make_shared<bool>(false);
    job->work = [result, gone, info = topic->info](log::LogManager& logs) {
      *result = logs.remove(info->name);
      *gone = logs.find(info->id) == nullptr;  // also where a later step failed: the next start finishes it
    };
    job->done = [this, topic, result, gone, done](Job&) {
      if (*gone) {
        catalog_.remove(topic->info->id);
        groups_.forget_topic(topic->info->name, now_);
        for (const auto& log : topic->partitions) fetcher_.advanced(log.get());
      }
      parts_.watcher.after_delete(topic->info->name);  // also when it stays: whoever let go of it takes it up again
      done(*gone ? Result<void>{} : *result);
    };
    submit(std::move(job), [this, topic, done] {
      parts_.watcher.after_delete(topic->info->name);
      done(fail(ErrorCode::kCancelled, "the log's writer is busy or stopping"));
    });
  });
}

void Core::alter_topics(size_t count, std::function<TopicResults(log::LogManager&)> work,
                        std::function<void(const log::TopicInfo&)> altered, Done done) {
  const auto results = std::make_shared<TopicResults>();
  auto job = std::make_unique<Job>();
  job->work = [results, work = std::move(work)](log::LogManager& logs) { *results = work(logs); };
  job->done = [this, results, altered = std::move(altered), done](Job&) {
    std::vector<Result<void>> outcome;
    for (const auto& result : *results) {
      if (!result) {
        outcome.push_back(std::unexpected(result.error()));
        continue;
      }
      catalog_.update(parts_.logs, *result);
      altered(**result);
      outcome.emplace_back();
    }
    done(outcome);
  };
  submit(std::move(job), [count, done] {
    done(std::vector<Result<void>>(count, fail(ErrorCode::kCancelled, "the log's writer is busy or stopping")));
  });
}

void Core::grow_topics(std::vector<Growth> growths, Done done) {
  const size_t count = growths.size();
  const auto work = [growths = std::move(growths)](log::LogManager& logs) {
    TopicResults results;
    for (const Growth& growth : growths) results.push_back(logs.grow(growth.topic, growth.partitions));
    return results;
  };
  const auto altered = [this](const log::TopicInfo& topic) { parts_.watcher.after_grow(topic.name); };
  alter_topics(count, work, altered, std::move(done));
}

/// A few in each job: each is some syncs, and meanwhile nothing is appended.
void Core::change_topics(std::vector<TopicChange> changes, Done done) {
  constexpr size_t kMostInAJob = 8;
  if (changes.size() > kMostInAJob) {
    const auto middle = changes.begin() + kMostInAJob;
    auto rest = std::make_shared<std::vector<TopicChange>>(middle, changes.end());
    changes.erase(middle, changes.end());
    return change_topics(std::move(changes), [this, rest, done](const std::vector<Result<void>>& first) {
      change_topics(std::move(*rest), [first, done](const std::vector<Result<void>>& then) {
        std::vector<Result<void>> all = first;
        all.insert(all.end(), then.begin(), then.end());
        done(all);
      });
    });
  }
  const size_t count = changes.size();
  const auto work = [changes = std::move(changes)](log::LogManager& logs) {
    TopicResults results;
    for (const TopicChange& change : changes) {
      const auto topic = logs.find(change.topic);
      if (!topic) {
        results.push_back(fail(ErrorCode::kUnknownTopic, "the topic was deleted meanwhile"));
        continue;
      }
      Settings settings = change.replace ? Settings{} : topic->settings;
      for (const SettingChange& one : change.changes) apply_change(settings, one);
      results.push_back(logs.configure(change.topic, std::move(settings)));
    }
    return results;
  };
  alter_topics(count, work, [](const log::TopicInfo&) {}, std::move(done));
}

}  // namespace freshet::broker
