#include "prompt/transcript.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/random.h"

namespace anyclaude {
namespace {

using CanonicalRole = CanonicalMessage::Role;
using Tools = TemplateRenderer::Tools;

// Enough of an old turn for templates that look at how it begins.
constexpr size_t shortened_bytes = 24;
// Of the words behind an answer: as many tell where they stand.
constexpr size_t words_bytes = 32;

bool is_answer(const CanonicalMessage& message) { return message.role == CanonicalRole::assistant; }

std::vector<size_t> answers_of(const CanonicalConversation& conversation) {
  std::vector<size_t> answers;
  for (size_t i = 0; i < conversation.messages.size(); ++i) {
    if (is_answer(conversation.messages[i])) answers.push_back(i);
  }
  return answers;
}

std::string_view common_begin(std::string_view a, std::string_view b) {
  const auto end = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first;
  return a.substr(0, static_cast<size_t>(end - a.begin()));
}

std::string_view common_tail(std::string_view a, std::string_view b) {
  const auto end = std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend()).first;
  return a.substr(a.size() - static_cast<size_t>(end - a.rbegin()));
}

// An old turn, as short as it may be.
CanonicalMessage shortened(const CanonicalMessage& message) {
  size_t end = std::min(message.text.size(), shortened_bytes);
  while (end > 0 && end < message.text.size() &&
         (static_cast<unsigned char>(message.text[end]) & 0xC0) == 0x80) {
    --end;
  }
  CanonicalMessage out{.role = message.role,
                       .text = message.text.substr(0, end),
                       .calls = {},
                       .tool_call_id = message.tool_call_id,
                       .tool_name = message.tool_name};
  for (const auto& call : message.calls) out.calls.push_back({call.id, call.name, "{}"});
  return out;
}

std::string_view text_of(const EchoName& name) {
  return {reinterpret_cast<const char*>(name.data()), name.size()};
}

// What heads and turns depend on beside the messages.
EchoName frame_of(const CanonicalConversation& conversation, const EchoName& begin) {
  const auto& first = conversation.messages.front();
  std::vector<std::string_view> texts(1);
  if (first.role == CanonicalRole::system) texts.front() = first.text;
  for (const Tool& tool : conversation.tools) {
    texts.insert(texts.end(), {tool.name, tool.description, tool.input_schema_json});
  }
  return echo_derived(begin, texts);
}

void append_text(std::string_view marked, std::vector<PromptSegment>& segments) {
  if (marked.empty()) return;
  for (auto& piece : Guard::split(marked)) segments.push_back({std::move(piece), {}});
}

std::unexpected<Error> no_tail(const char* why) { return fail(Error::Kind::internal, why); }

// Puts parts and sampled answers behind each other.
class Composer {
 public:
  // False: what stands there is something else.
  bool append(std::string_view erased, std::string_view text) {
    if (!text_.ends_with(erased)) return false;
    text_.resize(text_.size() - erased.size());
    text_ += text;
    return true;
  }

  void append(const SampledAnswer& answer) {
    cut();
    segments_.push_back({.text = {}, .tokens = answer.tokens});
  }

  std::vector<PromptSegment> take() {
    cut();
    return std::move(segments_);
  }

 private:
  void cut() {
    append_text(text_, segments_);
    text_.clear();
  }

  std::vector<PromptSegment> segments_;
  std::string text_;  // behind them, with the guard's marks
};

}  // namespace

// One answer and what follows it, up to the next answer.
struct Transcript::Place {
  const CanonicalConversation& conversation;
  size_t answer = 0;
  size_t end = 0;                          // the next answer's, or behind the last message
  const SampledAnswer* sampled = nullptr;  // null: it is not known
  bool thinking_before = false;            // as the answer was opened
  bool thinking = false;                   // as the next one is

  // The conversation up to `last`, what stands before the answer cut short.
  CanonicalConversation shown(size_t last, bool thinks) const {
    CanonicalConversation out;
    out.thinking = thinks;
    for (size_t i = 0; i < last; ++i) {
      const CanonicalMessage& message = conversation.messages[i];
      out.messages.push_back(i < answer ? shortened(message) : message);
    }
    if (sampled && last > answer) take_its_ids(out);
    // That there are tools decides which template it is.
    if (!conversation.tools.empty()) out.tools.push_back(conversation.tools.front());
    return out;
  }

  // A model that gives its calls ids hears of their results under these, not under the client's.
  void take_its_ids(CanonicalConversation& out) const {
    auto& calls = out.messages[answer].calls;
    if (sampled->call_ids.size() != calls.size()) return;
    for (size_t i = 0; i < calls.size(); ++i) {
      if (sampled->call_ids[i].empty()) continue;
      for (size_t m = answer + 1; m < out.messages.size(); ++m) {
        auto& id = out.messages[m].tool_call_id;
        if (id == calls[i].id) id = sampled->call_ids[i];
      }
      calls[i].id = sampled->call_ids[i];
    }
  }
};

Transcript::Transcript(const TemplateRenderer& renderer, const Guard& guard,
                       const PromptWriter& writer, EchoTable& echoes, Options options,
                       Metrics& metrics)
    : renderer_(renderer),
      guard_(guard),
      writer_(writer),
      echoes_(echoes),
      options_(std::move(options)),
      mark_("a" + random_hex(8)),
      sampled_(metrics.counter("anyclaude_prompt_answers_total",
                               "Old answers in prompts, by what stands there: the token ids that "
                               "were sampled, or the template's own text.",
                               {{"as", "sampled"}})),
      written_(metrics.counter("anyclaude_prompt_answers_total", "", {{"as", "text"}})),
      plain_(metrics.counter("anyclaude_prompts_not_appended_total",
                             "Prompts with old answers that the template wrote as a whole, because "
                             "it gives no tails.")),
      parts_(options_.memory_bytes_max) {}

Result<Transcript::Prompt> Transcript::write(const CanonicalConversation& conversation,
                                             std::string_view sharing) const {
  // Of what stands before each message.
  std::vector<EchoName> names = {echo_derived(echo_begin(options_.model), std::array{sharing})};
  for (const auto& message : conversation.messages) {
    names.push_back(echo_name(names.back(), message));
  }
  Prompt out{.prompt = {}, .name = names.back()};
  if (auto composed = compose(conversation, names, sharing)) {
    out.prompt = std::move(*composed);
  } else {
    auto written = TRY(writer_.write(conversation, sharing));
    out.plain = composed.error().message;
    plain_.add();
    append_text(written.text, out.prompt.segments);
    out.prompt.save_points = std::move(written.save_points);
    out.prompt.extents = written.extents;
  }
  append_text(guard_.protect(conversation.prefill), out.prompt.segments);
  return out;
}

Result<CanonicalPrompt> Transcript::compose(const CanonicalConversation& conversation,
                                            const std::vector<EchoName>& names,
                                            std::string_view sharing) const {
  const std::vector<size_t> answers = answers_of(conversation);
  std::vector<std::shared_ptr<const SampledAnswer>> sampled;
  for (const size_t answer : answers) sampled.push_back(find_answer(names[answer + 1]));
  const auto thinks = [&](size_t i) {
    return i < sampled.size() && sampled[i] ? sampled[i]->thinking : conversation.thinking;
  };
  const EchoName frame = frame_of(conversation, names.front());
  const auto name_of = [&](size_t end, std::string_view kind) {
    return echo_derived(names[end], std::array{kind, text_of(frame)});
  };

  const size_t head_end = answers.empty() ? conversation.messages.size() : answers.front();
  const EchoName head_name = name_of(head_end, thinks(0) ? "head, thinking" : "head");
  auto head = recall(head_name);
  if (!head) {
    CanonicalConversation begin = conversation;
    begin.messages.resize(head_end);
    begin.thinking = thinks(0);
    head = remember(head_name, TRY(write_head(begin, sharing)));
  }
  Composer composer;
  composer.append("", head->text);
  for (size_t i = 0; i < answers.size(); ++i) {
    const Place place{.conversation = conversation,
                      .answer = answers[i],
                      .end = i + 1 < answers.size() ? answers[i + 1] : conversation.messages.size(),
                      .sampled = sampled[i].get(),
                      .thinking_before = thinks(i),
                      .thinking = thinks(i + 1)};
    const std::string kind = {'t', place.sampled ? 's' : 'w', place.thinking_before ? '1' : '0',
                              place.thinking ? '1' : '0'};
    const EchoName name = name_of(place.end, kind);
    auto turn = recall(name);
    if (!turn) turn = remember(name, TRY(write_turn(place)));
    if (turn->sampled) composer.append(*sampled[i]);
    if (!composer.append(turn->erased, turn->text)) return no_tail("an old answer is not behind");
    (turn->sampled ? sampled_ : written_).add();
  }
  return CanonicalPrompt{composer.take(), head->save_points, head->extents};
}

bool Transcript::takes_sampled(bool call) const {
  CanonicalConversation probe;
  probe.messages = {{.role = CanonicalRole::user, .text = "Look."},
                    {.role = CanonicalRole::assistant, .text = "I look."},
                    {.role = CanonicalRole::user, .text = "And now?"}};
  if (call) {
    probe.tools = {{"list", "Lists a folder.", R"({"type":"object","properties":{}})"}};
    probe.messages[1].calls = {{.id = "toolu_1", .name = "list", .arguments_json = "{}"}};
    probe.messages[2] = {.role = CanonicalRole::tool,
                         .text = "a.txt",
                         .tool_call_id = "toolu_1",
                         .tool_name = "list"};
  }
  const Place place{.conversation = probe, .answer = 1, .end = 3};
  return look_for_tail(place).has_value();
}

std::shared_ptr<const SampledAnswer> Transcript::find_answer(const EchoName& name) const {
  auto answer = echoes_.find(name);
  const auto known = [&](int32_t token) { return token >= 0 && token < options_.token_end; };
  return answer && std::ranges::all_of(answer->tokens, known) ? answer : nullptr;
}

Result<Transcript::Part> Transcript::write_head(const CanonicalConversation& conversation,
                                                std::string_view sharing) const {
  const bool begun = std::ranges::any_of(conversation.messages, [](const auto& message) {
    return message.role != CanonicalRole::system;
  });
  if (!begun) return no_tail("the conversation begins with an answer");
  auto written = TRY(writer_.write(conversation, sharing));
  return Part{.text = std::move(written.text),
              .save_points = std::move(written.save_points),
              .extents = written.extents};
}

Result<Transcript::Part> Transcript::write_turn(const Place& place) const {
  if (place.sampled) {
    auto tail = look_for_tail(place);
    if (tail) return Part{.text = std::move(*tail), .sampled = true};
  }
  const std::string before =
      TRY(renderer_.render(place.shown(place.answer, place.thinking_before), Tools::left_out));
  const std::string whole =
      TRY(renderer_.render(place.shown(place.end, place.thinking), Tools::left_out));
  const size_t common = common_begin(before, whole).size();
  return Part{.erased = before.substr(common), .text = whole.substr(common)};
}

Result<std::string> Transcript::look_for_tail(const Place& place) const {
  const CanonicalConversation shown = place.shown(place.end, place.thinking);
  const CanonicalMessage& answer = shown.messages[place.answer];
  bool in_call = !answer.calls.empty();
  auto tail = common_end(shown, place.answer, in_call);
  if (in_call && !tail) {  // a template that writes no calls
    in_call = false;
    tail = common_end(shown, place.answer, in_call);
  }
  std::string text = TRY(std::move(tail));
  const size_t end = end_of_answer(place, text);
  if (end == std::string::npos && in_call) return no_tail("calls have no end");
  if (end != std::string::npos) text.erase(0, end);
  return text;
}

// What closes a call belongs to the answer, as far as the mark that ends the turn.
size_t Transcript::end_of_answer(const Place& place, std::string_view tail) const {
  size_t words = std::string::npos;  // of the next turn
  if (place.answer + 1 < place.end) {
    const auto& next = place.conversation.messages[place.answer + 1].text;
    if (!next.empty()) words = tail.find(guard_.protect(next).substr(0, words_bytes));
  }
  for (const auto* marks : {&options_.turn_ends, &options_.turn_marks}) {
    size_t first = std::string::npos;
    for (const auto& mark : *marks) first = std::min(first, tail.find(mark));
    if (first < words) return first;
  }
  return std::string::npos;
}

// What two renderings end with whose answers differ.
Result<std::string> Transcript::common_end(CanonicalConversation shown, size_t answer,
                                           bool in_call) const {
  std::array<std::string, 2> rendered;
  for (size_t i = 0; i < rendered.size(); ++i) {
    const std::string word = mark_ + (i == 0 ? "x" : "y");
    CanonicalMessage& marked = shown.messages[answer];
    marked.text = in_call ? "" : word;
    for (auto& call : marked.calls) call.arguments_json = R"({"q":")" + word + "\"}";
    rendered[i] = TRY(renderer_.render(shown, Tools::left_out));
    if (rendered[i].find(word) == std::string::npos) return no_tail("an old answer is not shown");
  }
  return std::string(common_tail(rendered[0], rendered[1]));
}

std::shared_ptr<const Transcript::Part> Transcript::recall(const EchoName& name) const {
  const MutexLock lock(mutex_);
  const auto* known = parts_.find(name);
  return known ? *known : nullptr;
}

std::shared_ptr<const Transcript::Part> Transcript::remember(const EchoName& name,
                                                             Part part) const {
  constexpr uint64_t more = 256;  // the nodes around it
  const uint64_t bytes = part.text.size() + part.erased.size() + more;
  auto shared = std::make_shared<const Part>(std::move(part));
  const MutexLock lock(mutex_);
  parts_.put(name, shared, bytes);
  return shared;
}

}  // namespace anyclaude
