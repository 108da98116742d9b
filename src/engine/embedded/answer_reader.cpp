#include "engine/embedded/answer_reader.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <random>
#include <string_view>
#include <utility>

namespace anyclaude {
namespace {

using Clock = std::chrono::steady_clock;

// Bytes at the end that begin a UTF-8 character without ending it.
size_t open_character_bytes(std::string_view text) {
  for (size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;
    const size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

// Length of the well-formed character at the beginning, or 0.
size_t character_bytes(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const size_t length = byte(0) < 0x80    ? 1
                        : byte(0) >= 0xF0 ? 4
                        : byte(0) >= 0xE0 ? 3
                        : byte(0) >= 0xC2 ? 2
                                          : 0;
  if (length == 0 || length > text.size() || byte(0) > 0xF4) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (byte(0) == 0xE0 && byte(1) < 0xA0) || (byte(0) == 0xF0 && byte(1) < 0x90);
  const bool beyond = (byte(0) == 0xED && byte(1) > 0x9F) || (byte(0) == 0xF4 && byte(1) > 0x8F);
  return overlong || beyond ? 0 : length;
}

// Models can emit any bytes; the API is UTF-8.
std::string well_formed(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t length = character_bytes(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<size_t>(1, length));
  }
  return out;
}

// The longest end of `text` that begins `word`.
size_t overlap(std::string_view text, std::string_view word) {
  for (size_t length = std::min(text.size(), word.size() - 1); length > 0; --length) {
    if (text.ends_with(word.substr(0, length))) return length;
  }
  return 0;
}

}  // namespace

std::string make_tool_use_id() {
  constexpr std::string_view digits =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::random_device random;
  std::string id = "toolu_01";
  for (int i = 0; i < 22; ++i) id += digits[random() % digits.size()];
  return id;
}

AnswerReader::AnswerReader(std::shared_ptr<const AnswerFormat> format, const Tokeniser& tokeniser,
                           std::vector<std::string> stop_sequences,
                           std::vector<std::string> turn_ends)
    : format_(std::move(format)),
      tokeniser_(tokeniser),
      stop_sequences_(std::move(stop_sequences)),
      turn_ends_(std::move(turn_ends)) {
  std::erase(stop_sequences_, "");
  for (const auto& text : format_->params.additional_stops) turn_ends_.push_back(text);
  for (const auto& text : format_->params.preserved_tokens) {
    const auto tokens = tokeniser_.tokenise_markup(text);
    if (tokens.size() == 1) preserved_.insert(tokens[0]);
  }
}

void AnswerReader::look_for_stop(size_t from) {
  size_t first = std::string::npos;
  const auto look = [&](const std::string& stop, bool of_request) {
    const size_t begin = from > stop.size() ? from - stop.size() : 0;
    const size_t found = text_.find(stop, begin);
    if (found >= first) return;
    first = found;
    stop_sequence_ = of_request ? stop : "";
  };
  for (const auto& stop : stop_sequences_) look(stop, true);
  for (const auto& stop : turn_ends_) look(stop, false);
  if (first == std::string::npos) return;
  text_.resize(first);
  stopped_ = true;
}

size_t AnswerReader::safe_length() const {
  size_t held = open_character_bytes(text_);
  for (const auto* list : {&stop_sequences_, &turn_ends_}) {
    for (const auto& stop : *list) held = std::max(held, overlap(text_, stop));
  }
  return text_.size() - held;
}

std::vector<Event> AnswerReader::add(const std::vector<Token>& tokens) {
  std::vector<Event> events;
  if (stopped_ || tokens.empty()) return events;
  const size_t before = text_.size();
  for (const Token token : tokens) {
    text_ += tokeniser_.piece(token, preserved_.contains(token));
    token_ends_.push_back(text_.size());
  }
  look_for_stop(before);
  const auto now = Clock::now();
  if (now < next_read_ && !stopped_) return events;
  read(false, events);
  next_read_ = now + (Clock::now() - now) * 10;
  return events;
}

std::vector<Event> AnswerReader::finish() {
  std::vector<Event> events;
  read(true, events);
  return events;
}

std::vector<std::string> AnswerReader::own_call_ids() const {
  std::vector<std::string> ids;
  for (const Call& call : calls_) {
    if (call.started) ids.push_back(call.own_id);
  }
  return ids;
}

std::optional<size_t> AnswerReader::tokens_told() const {
  if (call_left_out_) return tokens_before_left_out();
  const auto end = std::ranges::upper_bound(token_ends_, text_.size());
  if (end == token_ends_.begin() || *(end - 1) != text_.size()) return {};
  return static_cast<size_t>(end - token_ends_.begin());
}

// Back over the beginning of the call that was left out, to the first of the tokens with which all
// of the others were whole.
std::optional<size_t> AnswerReader::tokens_before_left_out() const {
  const auto whole = [&](size_t tokens) {
    try {
      const auto message =
          common_chat_parse(text_.substr(0, token_ends_[tokens - 1]), false, format_->parser);
      return message.tool_calls.size() == format_->calls_max &&
             message.tool_calls.back().arguments.size() == calls_.back().bytes_sent &&
             message.content.size() == text_sent_;
    } catch (const std::exception&) {
      return false;
    }
  };
  size_t tokens = token_ends_.size();
  while (tokens > 0 && !whole(tokens)) --tokens;
  while (tokens > 1 && whole(tokens - 1)) --tokens;
  if (tokens == 0) return {};
  return tokens;
}

void AnswerReader::read(bool final, std::vector<Event>& events) {
  const std::string text = final ? text_ : text_.substr(0, safe_length());
  try {
    send(common_chat_parse(text, !final, format_->parser), final, events);
  } catch (const std::exception& error) {
    if (!final) return;
    // The model left its own format: what it said is given as text rather than lost.
    spdlog::debug("An answer does not fit the model's format: {}", error.what());
    try {
      send(common_chat_parse(text, true, format_->parser), true, events);
    } catch (const std::exception&) {
      if (text_sent_ == 0 && calls_started_ == 0) events.push_back(TextDelta{well_formed(text)});
    }
  }
}

void AnswerReader::send(const common_chat_msg& message, bool final, std::vector<Event>& events) {
  const auto take = [](const std::string& whole, size_t& sent) {
    if (whole.size() <= sent) return std::string();
    std::string fresh = well_formed(std::string_view(whole).substr(sent));
    sent = whole.size();
    return fresh;
  };
  if (std::string fresh = take(message.reasoning_content, thinking_sent_); !fresh.empty()) {
    events.push_back(ThinkingDelta{std::move(fresh)});
  }
  if (std::string fresh = take(message.content, text_sent_); !fresh.empty()) {
    events.push_back(TextDelta{std::move(fresh)});
  }
  send_calls(message, final, events);
}

void AnswerReader::send_calls(const common_chat_msg& message, bool final,
                              std::vector<Event>& events) {
  const size_t count = std::min(message.tool_calls.size(), format_->calls_max);
  if (message.tool_calls.size() > count) stopped_ = call_left_out_ = true;
  calls_.resize(std::max(calls_.size(), count));
  for (size_t i = 0; i < count; ++i) {
    const auto& call = message.tool_calls[i];
    Call& state = calls_[i];
    state.own_id = call.id;
    // A name is whole once something follows it.
    const bool named = !call.name.empty() &&
                       (!call.arguments.empty() || final || i + 1 < message.tool_calls.size());
    if (!state.started && named) {
      state.started = true;
      ++calls_started_;
      events.push_back(ToolUseStart{make_tool_use_id(), call.name});
    }
    if (!state.started || call.arguments.size() <= state.bytes_sent) continue;
    events.push_back(
        ToolInputDelta{well_formed(std::string_view(call.arguments).substr(state.bytes_sent))});
    state.bytes_sent = call.arguments.size();
  }
}

}  // namespace anyclaude
