#include "cli/event_source.h"

#include <simdjson.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <set>

#include "base/hash.h"
#include "cli/generate.h"
#include "project/project.h"

namespace freshet::cli {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};

class Lines : public EventSource {
 public:
  Lines(std::FILE* file, std::string path, std::string key_field)
      : file_(file), path_(std::move(path)), key_field_(std::move(key_field)) {}
  ~Lines() override { std::free(line_); }

  Result<std::optional<SourceRecord>> next(int64_t) override {
    while (true) {
      errno = 0;
      ssize_t size = ::getline(&line_, &capacity_, file_.get());
      if (size < 0) {
        if (std::ferror(file_.get()) && errno != EINTR)
          return fail(ErrorCode::kIo, "cannot read '{}': {}", path_, std::strerror(errno));
        return std::optional<SourceRecord>();
      }
      ++number_;
      while (size > 0 && (line_[size - 1] == '\n' || line_[size - 1] == '\r')) --size;
      if (size == 0) continue;
      const std::string_view value(line_, static_cast<size_t>(size));
      if (key_field_.empty()) return SourceRecord{{}, value};
      RETURN_IF_ERROR(read_key(value));
      return SourceRecord{key_, value};
    }
  }

 private:
  Result<void> read_key(std::string_view value) {
    simdjson::dom::element field;
    if (parser_.parse(value.data(), value.size()).at_key(key_field_).get(field) != simdjson::SUCCESS) {
      return std::unexpected(Error{ErrorCode::kDecode,
                                   fmt::format("no JSON object with a field '{}' for the key", key_field_), path_,
                                   number_, 0});
    }
    std::string_view text;
    key_ = field.get_string().get(text) == simdjson::SUCCESS ? std::string(text) : simdjson::minify(field);
    return {};
  }

  std::unique_ptr<std::FILE, CloseFile> file_;
  std::string path_;
  std::string key_field_;
  std::string key_;
  simdjson::dom::parser parser_;
  char* line_ = nullptr;
  size_t capacity_ = 0;
  int number_ = 0;
};

class Told : public EventSource {
 public:
  Told(Generator::Story story, uint64_t seed, uint64_t id_seed) : generator_(story, seed, id_seed) {}
  Result<std::optional<SourceRecord>> next(int64_t now_ms) override {
    const GeneratedEvent event = generator_.next(now_ms);
    return SourceRecord{event.key, event.value};
  }

 private:
  Generator generator_;
};

constexpr Example kTelemetry = {"telemetry", "user_id"};
constexpr Example kErrors = {"sre-errors", "service"};

/// The story whose fields the stream has.
std::optional<Generator::Story> story_of(const std::string& folder, const std::string& topic) {
  if (const auto project = project::load(folder)) {
    for (const project::Stream& stream : project->streams) {
      const auto example = stream.topic == topic ? example_of(stream) : std::nullopt;
      if (example)
        return example->template_name == kTelemetry.template_name ? Generator::Story::kEvents : Generator::Story::kLogs;
    }
  }
  if (topic == "events") return Generator::Story::kEvents;
  if (topic == "logs") return Generator::Story::kLogs;
  return std::nullopt;
}

uint64_t random_seed() {
  const Uuid uuid = random_uuid();
  return hash64({reinterpret_cast<const char*>(uuid.bytes.data()), uuid.bytes.size()});
}

}  // namespace

Result<std::unique_ptr<EventSource>> open_lines(const std::string& path, const std::string& key_field) {
  std::FILE* file = path == "-" ? stdin : std::fopen(path.c_str(), "re");
  if (file == nullptr) {
    return fail(errno == EACCES   ? ErrorCode::kPermission
                : errno == ENOENT ? ErrorCode::kNotFound
                                  : ErrorCode::kIo,
                "cannot read '{}': {}", path, std::strerror(errno));
  }
  return std::make_unique<Lines>(file, path == "-" ? "stdin" : path, key_field);
}

Result<std::unique_ptr<EventSource>> open_story(const std::string& folder, const std::string& topic,
                                                std::optional<uint64_t> seed) {
  const auto story = story_of(folder, topic);
  if (!story) {
    return fail(
        ErrorCode::kUsage,
        "--generate tells the stories of the streams 'events' (template telemetry) and 'logs' (template sre-errors); "
        "topic '{}' is neither",
        topic);
  }
  return std::make_unique<Told>(*story, seed ? *seed : random_seed(), seed ? *seed : random_seed());
}

std::optional<Example> example_of(const project::Stream& stream) {
  const auto has = [&stream](std::string_view name) {
    return std::any_of(stream.columns.begin(), stream.columns.end(),
                       [name](const project::Column& column) { return column.name == name; });
  };
  if (has("action") && has("user_id")) return kTelemetry;
  if (has("service") && has("level")) return kErrors;
  return std::nullopt;
}

bool has_story(const std::string& folder, const std::string& topic) { return story_of(folder, topic).has_value(); }

}  // namespace freshet::cli
