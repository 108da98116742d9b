#include "prompt/prompt_writer.h"

#include <xxhash.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <utility>

#include "base/random.h"

namespace anyclaude {
namespace {

using CanonicalRole = CanonicalMessage::Role;

// Tokens may reach over the place where two texts part, and those in front of it may be other ones.
constexpr size_t uncertain_bytes = 16;

constexpr size_t place_names_min = 3;
// The first may be a path that is the same everywhere.
constexpr size_t place_lines_max = 2;

bool has_system(const CanonicalConversation& conversation) {
  return !conversation.messages.empty() &&
         conversation.messages.front().role == CanonicalRole::system;
}

// What other conversations may have in common with this one: some of its tools, and its system
// text unless it is another one.
CanonicalConversation head_of(const CanonicalConversation& conversation, size_t tools,
                              bool other_system, const std::string& other_words) {
  CanonicalConversation head;
  if (has_system(conversation)) head.messages.push_back(conversation.messages.front());
  if (has_system(conversation) && other_system) head.messages.front().text = other_words;
  head.messages.push_back({.role = CanonicalRole::user, .text = other_words});
  head.tools.assign(conversation.tools.begin(),
                    conversation.tools.begin() + static_cast<std::ptrdiff_t>(tools));
  head.thinking = conversation.thinking;
  return head;
}

size_t common_bytes(std::string_view a, std::string_view b) {
  return static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first -
                             a.begin());
}

// Whose head it is, and what it is made of, in few bytes.
std::string head_name(const CanonicalConversation& conversation, std::string_view sharing) {
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(),
                                                                       XXH3_freeState);
  XXH3_128bits_reset(state.get());
  const auto add = [&](std::string_view text) {
    const uint64_t size = text.size();
    XXH3_128bits_update(state.get(), &size, sizeof size);
    XXH3_128bits_update(state.get(), text.data(), text.size());
  };
  add(has_system(conversation) ? conversation.messages.front().text : "");
  add(conversation.thinking ? "thinking" : "");
  for (const Tool& tool : conversation.tools) {
    add(tool.name);
    add(tool.description);
    add(tool.input_schema_json);
  }
  const XXH128_hash_t hash = XXH3_128bits_digest(state.get());
  return std::string(sharing) + std::string(reinterpret_cast<const char*>(&hash), sizeof hash);
}

// Where a first user turn's words begin to differ from other conversations'; the first is where
// they begin, the last where its prompt does.
std::vector<size_t> user_points(const CanonicalConversation& conversation, std::string_view text,
                                size_t begin) {
  std::vector<size_t> points = {begin};
  const auto user =
      std::ranges::find(conversation.messages, CanonicalRole::user, &CanonicalMessage::role);
  const bool there = user != conversation.messages.end() && begin <= text.size() &&
                     text.substr(begin).starts_with(user->text);
  if (!there) return points;
  for (const size_t parting : conversation.first_user_partings) points.push_back(begin + parting);
  return points;
}

// An absolute path of three names or more, not a command ("/help") or a placeholder: of this place.
bool names_a_place(std::string_view line) {
  const auto is_name = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
  };
  for (size_t at = line.find('/'); at != std::string_view::npos; at = line.find('/', at + 1)) {
    if (at > 0 && (is_name(line[at - 1]) || line[at - 1] == '/' || line[at - 1] == ':')) continue;
    size_t names = 0;
    for (size_t next = at; next + 1 < line.size() && line[next] == '/' && is_name(line[next + 1]);
         ++names) {
      next = static_cast<size_t>(std::find_if_not(line.begin() + next + 1, line.end(), is_name) -
                                 line.begin());
    }
    if (names >= place_names_min) return true;
  }
  return false;
}

// Where the first lines begin that say where the client works, as that of its memory folder: in
// another repository they say something else.
std::vector<size_t> place_lines(std::string_view system) {
  std::vector<size_t> lines;
  for (size_t begin = 0; begin < system.size() && lines.size() < place_lines_max;) {
    const size_t end = std::min(system.find('\n', begin), system.size());
    if (names_a_place(system.substr(begin, end - begin))) lines.push_back(begin);
    begin = end + 1;
  }
  return lines;
}

// What stands in front of the first `mark`; nothing where it is not there.
std::string_view front(std::string_view text, std::string_view mark) {
  const size_t end = text.find(mark);
  return end == std::string_view::npos ? std::string_view() : text.substr(0, end);
}

// Of `whole`, what comes with the text at `place` and in front of it, by what is there without.
std::string heading_of(std::string_view whole, size_t place, std::string_view without) {
  if (whole.size() <= without.size()) return "";
  size_t begin = common_bytes(whole, without);
  const size_t added = whole.size() - without.size();
  if (whole.substr(begin + added) != without.substr(begin)) return "";
  // What follows may begin as the heading does: "# Instructions", "# Tools".
  while (begin > 0 && whole[begin - 1] != '\n' && whole[begin - 1] == whole[begin + added - 1]) {
    --begin;
  }
  return begin < place ? std::string(whole.substr(begin, place - begin)) : "";
}

std::string joined(const std::vector<std::string>& segments) {
  std::string text;
  for (const auto& segment : segments) text += segment;
  return text;
}

}  // namespace

PromptWriter::PromptWriter(const TemplateRenderer& renderer, const Guard& guard,
                           PromptLayout layout)
    // Letters and digits pass through every template unchanged; nobody else can know them.
    : renderer_(renderer),
      guard_(guard),
      layout_(layout),
      system_mark_("s" + random_hex(8)),
      user_mark_("u" + random_hex(8)) {
  if (layout_ != PromptLayout::cache) return;
  place_ = find_place();
}

// The marks, and a tool whose description is `about`.
CanonicalConversation PromptWriter::probe(const std::string& about) const {
  CanonicalConversation out;
  out.messages = {{.role = CanonicalRole::system, .text = system_mark_},
                  {.role = CanonicalRole::user, .text = user_mark_}};
  out.tools = {{"look", about, R"({"type":"object","properties":{}})"}};
  return out;
}

// By probes: with tools the text in front of the user's must end as it does without them, and the
// system text must stand in front of the tools, in the turn of the two.
std::optional<PromptWriter::Place> PromptWriter::find_place() const {
  const std::string about = "t" + random_hex(8);
  CanonicalConversation without_tools = probe(about);
  without_tools.tools.clear();
  CanonicalConversation without_system = probe(about);
  without_system.messages.erase(without_system.messages.begin());
  const auto whole = renderer_.render(probe(about), TemplateRenderer::Tools::listed);
  const auto plain = renderer_.render(without_tools, TemplateRenderer::Tools::listed);
  const auto tools_alone = renderer_.render(without_system, TemplateRenderer::Tools::listed);
  if (!plain || !whole) return {};
  const std::string_view before_plain = front(*plain, user_mark_);
  const std::string_view before = front(*whole, user_mark_);
  const size_t system_plain = before_plain.find(system_mark_);
  const size_t system = before.find(system_mark_);
  const size_t tools = before.find(about);
  if (system_plain == std::string_view::npos || system >= tools || tools > before.size()) return {};

  const std::string_view behind = before.substr(system + system_mark_.size());
  std::string_view end = before_plain.substr(system_plain + system_mark_.size());
  // Where texts are sections of the turn, what stands between them belongs to each.
  if (!before.ends_with(end)) end.remove_prefix(std::min(end.find_first_of("<["), end.size()));
  if (end.empty() || !before.ends_with(end)) return {};
  // Tools in a turn of their own would get the system text into it.
  const size_t marker = end.find_first_of(">]");
  if (marker != std::string_view::npos && behind.starts_with(end.substr(0, marker + 1))) return {};
  return Place{tools_alone ? heading_of(*whole, system, *tools_alone) : "", std::string(end)};
}

PromptWriter::SystemText PromptWriter::system_text() const {
  if (place_) return SystemText::moved_behind_tools;
  const std::string about = "t" + random_hex(8);
  const auto text = renderer_.render(probe(about), TemplateRenderer::Tools::listed);
  const size_t system = text ? text->find(system_mark_) : std::string::npos;
  if (system == std::string::npos) return SystemText::nowhere;
  return system > text->find(about) ? SystemText::behind_tools : SystemText::before_tools;
}

Result<std::string> PromptWriter::render(const CanonicalConversation& conversation) const {
  const bool may_move = place_ && !conversation.tools.empty() && has_system(conversation);
  if (!may_move) return renderer_.render(conversation, TemplateRenderer::Tools::listed);
  auto moved = TRY(render_moved(conversation));
  return moved ? std::move(*moved)
               : renderer_.render(conversation, TemplateRenderer::Tools::listed);
}

// Nothing where the system turn does not end as it did in the probe.
Result<std::optional<std::string>> PromptWriter::render_moved(
    CanonicalConversation conversation) const {
  const auto user =
      std::ranges::find(conversation.messages, CanonicalRole::user, &CanonicalMessage::role);
  if (user == conversation.messages.end()) return std::nullopt;
  std::string system = system_mark_;
  conversation.messages.front().text.swap(system);
  user->text.insert(0, user_mark_);
  std::string text = TRY(renderer_.render(conversation, TemplateRenderer::Tools::listed));
  const auto& [heading, turn_end] = *place_;
  const size_t place = text.find(heading + system_mark_);
  const size_t words = text.find(user_mark_);
  if (place == std::string::npos || words == std::string::npos) return std::nullopt;
  size_t tools = place + heading.size() + system_mark_.size();
  if (words < tools + turn_end.size()) return std::nullopt;
  const size_t end = words - turn_end.size();
  if (text.compare(end, turn_end.size(), turn_end) != 0) return std::nullopt;
  text.erase(words, user_mark_.size());
  while (tools < end && text[tools] == '\n') ++tools;
  std::string out = text.substr(0, place);
  out.append(text, tools, end - tools);
  out += "\n\n" + heading + guard_.protect(system);
  out.append(text, end);
  return out;
}

Result<WrittenPrompt> PromptWriter::write(const CanonicalConversation& conversation,
                                          std::string_view sharing) const {
  WrittenPrompt prompt{.text = TRY(render(conversation))};
  const std::string text = joined(Guard::split(prompt.text));
  const Head head = find_head(conversation, sharing, text);
  prompt.save_points = head.partings;
  const auto points = user_points(conversation, text, head.user_begin);
  prompt.save_points.insert(prompt.save_points.end(), points.begin(), points.end());
  prompt.extents = {points.front(), points.front(), points.front(), points.back()};
  if (has_system(conversation)) {
    const std::string system = joined(Guard::split(conversation.messages.front().text));
    const size_t begin = text.find(system);
    if (begin < points.front()) {
      prompt.extents.instructions = begin;
      prompt.extents.instructions_end = begin + system.size();
      for (const size_t line : place_lines(system)) prompt.save_points.push_back(begin + line);
    }
  }
  std::ranges::sort(prompt.save_points);
  const auto [repeated, end] = std::ranges::unique(prompt.save_points);
  prompt.save_points.erase(repeated, end);
  return prompt;
}

PromptWriter::Head PromptWriter::find_head(const CanonicalConversation& conversation,
                                           std::string_view sharing, std::string_view text) const {
  const std::string name = head_name(conversation, sharing);
  {
    const MutexLock lock(mutex_);
    if (const Head* known = heads_.find(name)) return *known;
  }
  Head head = look_for_head(conversation, text);
  const MutexLock lock(mutex_);
  heads_.put(name, head);
  return head;
}

// By writing what others may have in common with it, and looking how far that is the same.
PromptWriter::Head PromptWriter::look_for_head(const CanonicalConversation& conversation,
                                               std::string_view text) const {
  const auto common = [&](size_t tools, bool other_system) {
    const auto other = render(head_of(conversation, tools, other_system, system_mark_));
    return other ? common_bytes(joined(Guard::split(*other)), text) : size_t{0};
  };
  Head head;
  const auto add = [&](size_t parting) {
    if (parting > uncertain_bytes) head.partings.push_back(parting - uncertain_bytes);
  };
  const size_t tools = conversation.tools.size();
  if (layout_ == PromptLayout::cache) {
    for (const size_t fewer : conversation.tool_partings) add(common(fewer, false));
    // Where no agents are known, there may be some with the same tools.
    const bool others = !head.partings.empty();
    if (tools > 0 && !others && has_system(conversation)) add(common(tools, true));
  }
  head.user_begin = common(tools, false);
  return head;
}

}  // namespace anyclaude
