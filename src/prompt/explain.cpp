#include "prompt/explain.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <utility>

namespace anyclaude {
namespace {

using CanonicalRole = CanonicalMessage::Role;

// Blocks of the cache have so many tokens: what is found may end so far before what was computed.
constexpr size_t slack_tokens = 256;

struct Part {
  PromptSection section = PromptSection::tools;
  size_t number = 0;  // in its section, from 0
  uint64_t hash = 0;
};

const char* name_of(PromptSection section) { return prompt_sections[static_cast<size_t>(section)]; }

std::string name_of(const Part& part, const CanonicalConversation& conversation) {
  if (part.section == PromptSection::tools) return "tool " + conversation.tools[part.number].name;
  if (part.section == PromptSection::messages) return fmt::format("message {}", part.number + 1);
  return fmt::format("{}, line {}", name_of(part.section), part.number + 1);
}

uint64_t hash_of(std::string_view text, uint64_t seed) {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

class Parts {
 public:
  explicit Parts(const CanonicalConversation& conversation) {
    for (const Tool& tool : conversation.tools) {
      uint64_t hash = hash_of(tool.name, 1);
      hash = hash_of(tool.description, hash);
      add(PromptSection::tools, hash_of(tool.input_schema_json, hash));
    }
    bool first_user = true;
    for (const auto& message : conversation.messages) {
      std::string_view text = message.text;
      if (message.role == CanonicalRole::system) {
        add_lines(PromptSection::instructions, text);
        continue;
      }
      if (message.role == CanonicalRole::user && std::exchange(first_user, false)) {
        const auto& partings = conversation.first_user_partings;
        const size_t context = partings.empty() ? 0 : std::min(partings.back(), text.size());
        add_lines(PromptSection::context, text.substr(0, context));
        text.remove_prefix(context);
      }
      uint64_t hash = hash_of(text, static_cast<uint64_t>(message.role) + 2);
      for (const auto& call : message.calls) {
        hash = hash_of(call.arguments_json, hash_of(call.name, hash));
      }
      add(PromptSection::messages, hash);
    }
  }

  std::vector<Part> take() { return std::move(parts_); }

 private:
  void add(PromptSection section, uint64_t hash) {
    parts_.push_back({section, counts_[static_cast<size_t>(section)]++, hash});
  }

  void add_lines(PromptSection section, std::string_view text) {
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
      add(section, hash_of(text.substr(0, end), 1));
      text.remove_prefix(end);
    }
  }

  std::vector<Part> parts_;
  std::array<size_t, prompt_sections.size()> counts_{};
};

// So many tokens stand before a section, whatever is new in it.
size_t tokens_before(PromptSection section, const PromptExtents& extents) {
  return std::array<size_t, prompt_sections.size()>{0, extents.instructions, extents.context,
                                                    extents.messages}[static_cast<size_t>(section)];
}

}  // namespace

SectionTokens tokens_by_section(const PromptExtents& extents, size_t total) {
  const auto count = [](size_t begin, size_t end) {
    return static_cast<uint32_t>(end > begin ? end - begin : 0);
  };
  SectionTokens tokens{.instructions = count(extents.instructions, extents.instructions_end),
                       .context = count(extents.context, extents.messages),
                       .messages = count(extents.messages, total)};
  tokens.tools = count(tokens.total(), total);
  return tokens;
}

DepartureReason reason_of(const Departure& departure, size_t found_tokens, size_t total_tokens) {
  // The last token is always computed.
  if (found_tokens + 1 >= total_tokens) return DepartureReason::goes_on;
  if (!departure.compared) return DepartureReason::first;
  if (found_tokens + slack_tokens < departure.known_tokens) return DepartureReason::forgotten;
  if (!departure.section) return DepartureReason::goes_on;
  return static_cast<DepartureReason>(static_cast<size_t>(DepartureReason::tools) +
                                      static_cast<size_t>(*departure.section));
}

std::string explain(const SectionTokens& tokens, const Departure& departure, size_t found_tokens) {
  const DepartureReason reason = reason_of(departure, found_tokens, tokens.total());
  std::string why = "new from " + departure.part + " on";
  if (reason == DepartureReason::goes_on) why = "it goes on behind an earlier one";
  if (reason == DepartureReason::first) why = "nothing came before it";
  if (reason == DepartureReason::forgotten) {
    why = "more of it was computed before and is not kept any more";
  }
  return fmt::format(
      "{} prompt tokens (tools {}, instructions {}, context {}, messages {}), {} of them known; {}",
      tokens.total(), tokens.tools, tokens.instructions, tokens.context, tokens.messages,
      found_tokens, why);
}

Departure PromptHistory::compare(const CanonicalConversation& conversation,
                                 const PromptExtents& extents, size_t total,
                                 std::string_view sharing) {
  const std::vector<Part> parts = Parts(conversation).take();
  Prompt prompt{.sharing = std::string(sharing), .parts = {}, .tokens = total};
  prompt.parts.reserve(parts.size());
  for (const Part& part : parts) prompt.parts.push_back(part.hash);

  Departure departure;
  size_t longest = 0;
  const MutexLock lock(mutex_);
  for (auto other = prompts_.begin(); other != prompts_.end();) {
    if (other->sharing != sharing) {
      ++other;
      continue;
    }
    const auto common = static_cast<size_t>(std::ranges::mismatch(prompt.parts, other->parts).in1 -
                                            prompt.parts.begin());
    const bool whole = common == other->parts.size();
    if (common > longest || !departure.compared) {
      departure.compared = true;
      longest = common;
      departure.section.reset();
      departure.part.clear();
      if (!whole && common < parts.size()) {
        departure.section = parts[common].section;
        departure.part = name_of(parts[common], conversation);
      }
      departure.known_tokens = whole               ? other->tokens
                               : departure.section ? tokens_before(*departure.section, extents)
                                                   : total;
    }
    if (whole) {  // it stands in this one
      parts_ -= other->parts.size();
      other = prompts_.erase(other);
    } else {
      ++other;
    }
  }
  parts_ += prompt.parts.size();
  prompts_.push_front(std::move(prompt));
  while (prompts_.size() > prompts_max || (parts_ > parts_max && prompts_.size() > 1)) {
    parts_ -= prompts_.back().parts.size();
    prompts_.pop_back();
  }
  return departure;
}

}  // namespace anyclaude
