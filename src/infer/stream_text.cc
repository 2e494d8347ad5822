/// The text of streams/NAME.yaml: what the checker reads, and beside each line why.
#include <fmt/format.h>

#include <algorithm>

#include "infer/names.h"
#include "infer/proposal.h"
#include "project/names.h"

namespace freshet::infer {
namespace {

constexpr uint64_t kFewRecords = 100;
constexpr size_t kMostLeftOut = 20;
constexpr size_t kMostDeadLetters = 10;
constexpr size_t kCommentColumn = 44;
constexpr size_t kMostComment = 200;

/// A name as YAML reads it as a text: some words, and what begins with a digit, are none without quotes.
std::string yaml_text(const std::string& name) {
  std::string lower;
  for (const char c : name) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  constexpr std::string_view kWords[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
  const bool plain = !lower.empty() && ((lower[0] >= 'a' && lower[0] <= 'z') || lower[0] == '_');
  return plain && std::ranges::find(kWords, lower) == std::end(kWords) ? name : '"' + name + '"';
}

std::string with_comment(std::string line, const std::string& comment) {
  if (comment.empty()) return line + "\n";
  line.resize(std::max(line.size() + 1, kCommentColumn), ' ');
  return fmt::format("{}# {}\n", line, shown_text(comment, kMostComment));
}

std::string column_lines(const Proposal& proposal) {
  std::string out = "columns:\n";
  for (const Column& column : proposal.columns) {
    const std::string why = column.remark.empty() ? column.choice.why : column.choice.why + "; " + column.remark;
    out += with_comment(fmt::format("  {}: {}", yaml_text(column.name), column.type()), why);
  }
  return out;
}

std::string head(const Proposal& proposal) {
  std::string out = fmt::format(
      "# Proposed by `freshet streams infer` from {}.\n"
      "# Change what you know better before the first `freshet up`: a table's columns cannot be changed later.\n",
      shown_text(proposal.origin, 200));
  if (proposal.objects < kFewRecords)
    out += "# These are few records: infer again when more have come, before you rely on the types.\n";
  if (proposal.objects < proposal.records) {
    out += fmt::format("# {} of the records are no JSON objects and would become dead letters.\n",
                       grouped(proposal.records - proposal.objects));
  }
  return out;
}

std::string tail(const Proposal& proposal) {
  std::string out;
  if (!proposal.left_out.empty() || proposal.forgotten > 0) {
    out += "\n# Fields without a column (their values are only in the log):\n";
    for (const LeftOut& field : proposal.left_out) {
      if (&field - proposal.left_out.data() == kMostLeftOut) {
        out += fmt::format("#   and {} more\n", grouped(proposal.left_out.size() - kMostLeftOut));
        break;
      }
      out += fmt::format("#   {}: {}, in {} records\n", field.name, field.why, grouped(field.records));
    }
    if (proposal.forgotten > 0) {
      out += fmt::format("#   and at least {} other names, each too rare\n", grouped(proposal.forgotten));
    }
  }
  if (proposal.check.dead() == 0) return out;
  out += fmt::format("\n# {} of {} records of the sample would become dead letters under this declaration:\n",
                     grouped(proposal.check.dead()), grouped(proposal.check.records));
  size_t shown = 0;
  for (const DeadLetters& dead : proposal.check.dead_letters) {
    if (++shown > kMostDeadLetters) break;
    out += fmt::format("#   {} {}: {}\n", grouped(dead.count),
                       dead.field.empty() ? "records" : shown_text(dead.field, 128),
                       shown_text(dead.examples.front().message, kMostComment));
  }
  return out;
}

std::string key_line(const Proposal& proposal) {
  if (!proposal.key.empty()) {
    return fmt::format("# Records are keyed by {}: those of one value keep their order, in one partition.\n",
                       proposal.key);
  }
  if (proposal.with_key > 0) return "# Records have a key that is none of the columns; it is not kept.\n";
  return {};
}

}  // namespace

std::string stream_text(const Proposal& proposal) {
  std::string out = head(proposal);
  out += fmt::format("topic: {}\n", yaml_text(proposal.topic));
  out += fmt::format("partitions: {}\nformat: json\n", proposal.partitions);
  out += key_line(proposal);
  out += column_lines(proposal);
  if (!proposal.time.empty()) out += fmt::format("time: {}\n", yaml_text(proposal.time));
  std::vector<std::string> order;
  for (const std::string& key : proposal.order_by) order.push_back(yaml_text(key));
  out += with_comment(fmt::format("order_by: [{}]", fmt::join(order, ", ")), proposal.order_why);
  if (!proposal.partition_by.empty())
    out += with_comment("partition_by: " + proposal.partition_by, proposal.partition_why);
  return out + tail(proposal);
}

}  // namespace freshet::infer
