#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

/// What the names of fields say to people: "orderTotalCents" is a sum of money, "x-trace-id" an identifier.
namespace freshet::infer {

/// The words of the last part of a column's name, in lower case: "user.homeAddressID" has "home", "address", "id".
std::vector<std::string> words_of(std::string_view column);
/// Whether any of the words is one of `wanted`.
bool has_word(const std::vector<std::string>& words, std::initializer_list<std::string_view> wanted);

/// Identifiers and other texts of which there will always be new ones: id, uuid, token, email, session, …
bool is_id_like(std::string_view column);
/// How well a name fits an event's own id: "event_id" before "id" before "order_id"; 0: not at all.
int id_score(std::string_view column);
/// How well a name fits the time of an event: "ts" and "event_time" before "created_at"; 1: a time, but of something
/// else (an expiry, a birthday); 0: no hint.
int time_score(std::string_view column);
/// How well a name fits what people group by: project, service, action, country, …; 0: no hint.
int dimension_score(std::string_view column);
/// How well a name fits what people add up: amount, duration_ms, bytes, …; 0: no hint, below 0: never (a latitude).
int measure_score(std::string_view column);
/// How well a name fits what people list the most frequent values of: path, product, user_id; 0: no hint.
int top_score(std::string_view column);

/// A column or table as a statement names it: in back-quotes where it is no plain word of its own.
std::string sql_name(std::string_view name);

/// A text from a record, fit for a comment and a terminal: at most `most` bytes and nothing that breaks a line.
std::string shown_text(std::string_view text, size_t most = 40);
/// "12,345"
std::string grouped(uint64_t number);

}  // namespace freshet::infer
