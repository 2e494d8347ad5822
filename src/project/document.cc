#include "project/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <sstream>

namespace freshet::project {
namespace {

constexpr size_t kMaxDepth = 16;

Mark mark_of(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

Node make(Node::Kind kind, const YAML::Mark& mark) {
  Node node;
  node.kind = kind;
  node.mark = mark_of(mark);
  return node;
}

/// Ends the parse; the problem has been added.
struct Refused : std::exception {};

class Builder : public YAML::EventHandler {
 public:
  Builder(const Problems& problems, Node& root) : problems_(problems), root_(root) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(make(Node::Kind::kNull, mark)); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark_of(mark), "aliases (*name) are not supported");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_anchor(mark, anchor);
    Node node = make(Node::Kind::kScalar, mark);
    node.text = value;
    node.quoted = tag != "?";
    add(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    check_anchor(mark, anchor);
    open(make(Node::Kind::kSequence, mark));
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    check_anchor(mark, anchor);
    open(make(Node::Kind::kMap, mark));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  /// A collection under construction. In a map, `key` is set between a key and its value.
  struct Level {
    Node node;
    bool has_key = false;
    Node key;
  };

  [[noreturn]] void refuse(Mark mark, std::string message) {
    problems_.add(ErrorCode::kProjectSyntax, mark, std::move(message));
    throw Refused();
  }
  void check_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0) refuse(mark_of(mark), "anchors (&name) are not supported");
  }
  void open(Node node) {
    if (stack_.size() >= kMaxDepth) refuse(node.mark, fmt::format("nested deeper than {} levels", kMaxDepth));
    if (!stack_.empty() && stack_.back().node.kind == Node::Kind::kMap && !stack_.back().has_key) {
      refuse(node.mark, "a key must be a plain text");
    }
    stack_.push_back({.node = std::move(node), .has_key = false, .key = {}});
  }
  void close() {
    Node node = std::move(stack_.back().node);
    stack_.pop_back();
    add(std::move(node));
  }
  void add(Node node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& level = stack_.back();
    if (level.node.kind == Node::Kind::kSequence) {
      level.node.items.push_back(std::move(node));
    } else if (!level.has_key) {
      if (node.kind != Node::Kind::kScalar) refuse(node.mark, "a key must be a plain text");
      level.key = std::move(node);
      level.has_key = true;
    } else {
      level.has_key = false;
      add_entry(level.node.entries,
                {.key = std::move(level.key.text), .mark = level.key.mark, .value = std::move(node)});
    }
  }
  void add_entry(std::vector<Node::Entry>& entries, Node::Entry entry) {
    const auto same = std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return e.key == entry.key; });
    if (same == entries.end()) {
      entries.push_back(std::move(entry));
      return;
    }
    problems_.add(
        ErrorCode::kProjectInvalid, entry.mark,
        fmt::format("'{}' stands here twice, first in line {}: remove one of them", entry.key, same->mark.line));
  }

  const Problems& problems_;
  Node& root_;
  std::vector<Level> stack_;
};

}  // namespace

const char* Node::kind_name() const {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kScalar:
      return "a single value";
    case Kind::kSequence:
      return "a list";
    case Kind::kMap:
      return "a map of keys";
  }
  return "";
}

bool parse_document(std::string_view text, const Problems& problems, Node& root) {
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Builder builder(problems, root);
    if (!parser.HandleNextDocument(builder)) return true;  // an empty file: a null root
    Node second;
    Builder rest(problems, second);
    if (parser.HandleNextDocument(rest)) {
      problems.add(ErrorCode::kProjectSyntax, second.mark, "a second document (---): a project file holds one");
      return false;
    }
    return true;
  } catch (const Refused&) {
  } catch (const YAML::Exception& e) {
    problems.add(ErrorCode::kProjectSyntax, mark_of(e.mark), fmt::format("not valid YAML: {}", e.msg));
  } catch (const std::exception& e) {
    problems.add(ErrorCode::kProjectSyntax, {}, fmt::format("not valid YAML: {}", e.what()));
  }
  return false;
}

}  // namespace freshet::project
