#include "prompt/canonical.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "prompt/tool_order.h"
#include "protocol/json_string.h"

namespace anyclaude {
namespace {

using CanonicalRole = CanonicalMessage::Role;

// The client's version and a hash of the first prompt, new with every conversation; not for models.
constexpr std::string_view billing_line = "x-anthropic-billing-header:";

void append_paragraph(std::string& text, std::string_view paragraph) {
  if (paragraph.empty()) return;
  if (!text.empty()) text += "\n\n";
  text += paragraph;
}

std::string describe(const MediaBlock& media) {
  const bool image = media.kind == MediaBlock::Kind::image;
  if (!image && media.media_type.starts_with("text/")) return media.data;
  std::string what = image ? "image" : "document";
  if (!media.title.empty()) what += " \"" + media.title + "\"";
  if (!media.media_type.empty()) what += " (" + media.media_type + ")";
  return "[" + what + " omitted: this model reads text only]";
}

std::string reminder(const std::string& text) {
  if (text.find("<system-reminder>") != std::string::npos) return text;
  return "<system-reminder>\n" + text + "\n</system-reminder>";
}

// Reminders that Claude Code (2.1.330) words alike in every folder, by how they begin.
bool same_everywhere(std::string_view text) {
  constexpr std::string_view tag = "<system-reminder>\n";
  constexpr std::array<std::string_view, 4> beginnings = {
      "You are powered by the model", "Available agent types for the Agent tool:",
      "The following skills are available for use with the Skill tool:",
      "Attribution for git commits and pull requests"};
  if (!text.starts_with(tag)) return false;
  return std::ranges::any_of(beginnings, [&](std::string_view beginning) {
    return text.substr(tag.size()).starts_with(beginning);
  });
}

// The tools that the model loads when it wants them. A client lists a loaded one among the others
// from then on, which changes the prompt's beginning; here the result that loads it tells what it
// is, and nothing else changes.
class LoadedTools {
 public:
  // Takes them out of `tools`. Without a tool that loads others they are like the others.
  void take_from(std::vector<Tool>& tools) {
    const bool loads = std::ranges::any_of(
        tools, [](const Tool& tool) { return tool.name == "ToolSearch" && !tool.deferred; });
    if (!loads) return;
    const auto deferred =
        std::ranges::stable_partition(tools, [](const Tool& tool) { return !tool.deferred; });
    for (Tool& tool : deferred) waiting_.push_back(std::move(tool));
    tools.erase(deferred.begin(), deferred.end());
  }

  // What a reference to a tool tells the model; once what the tool is.
  std::string tell(const std::string& name) {
    std::string text = "Tool loaded: " + name;
    const auto found = std::ranges::find(waiting_, name, &Tool::name);
    if (found == waiting_.end()) return text;
    text += "\n{\"name\": " + json_string(found->name) +
            ", \"description\": " + json_string(found->description) +
            ", \"parameters\": " + found->input_schema_json + "}";
    waiting_.erase(found);
    return text;
  }

 private:
  std::vector<Tool> waiting_;
};

class Canonicaliser {
 public:
  Canonicaliser(const Conversation& conversation, const TemplateCapabilities& capabilities,
                PromptLayout layout)
      : conversation_(conversation), capabilities_(capabilities), layout_(layout) {
    out_.tools = conversation.tools;
    if (layout != PromptLayout::cache) return;
    loaded_.take_from(out_.tools);
    order_tools(out_.tools);
    out_.tool_partings = likely_partings(out_.tools);
  }

  CanonicalConversation run() {
    std::string system;
    for (const auto& block : conversation_.system) {
      if (!is_client_noise(block)) append_paragraph(system, block);
    }
    if (!system.empty() && capabilities_.system) add(CanonicalRole::system, system);
    for (const auto& message : conversation_.messages) {
      if (message.role == Role::assistant) {
        add_assistant(message);
      } else if (message.role == Role::user) {
        add_user(message);
      } else {
        add_system_turn(message);
      }
    }
    if (!system.empty() && !capabilities_.system) prepend_to_first_user(system);
    take_prefill();
    if (out_.messages.empty() || out_.messages.back().role == CanonicalRole::system) add_text("");
    out_.thinking = conversation_.thinking.mode == ThinkingChoice::Mode::adaptive ||
                    conversation_.thinking.mode == ThinkingChoice::Mode::enabled;
    return std::move(out_);
  }

 private:
  CanonicalMessage& add(CanonicalRole role, std::string text) {
    out_.messages.push_back({role, std::move(text), {}, {}, {}, {}});
    return out_.messages.back();
  }

  bool last_is(CanonicalRole role) const {
    return !out_.messages.empty() && out_.messages.back().role == role;
  }

  // A text from the user's side, wherever the template lets it stand.
  void add_text(const std::string& text) {
    const bool join = last_is(CanonicalRole::user) ||
                      (last_is(CanonicalRole::tool) && !capabilities_.user_after_tool_result);
    if (!join) {
      add(CanonicalRole::user, text);
    } else {
      append_paragraph(out_.messages.back().text, text);
    }
  }

  void add_user(const Message& message) {
    // Results first: templates want them right behind their calls.
    for (const ToolResultBlock* result : results_in_call_order(message)) add_result(*result);
    const bool first = std::none_of(out_.messages.begin(), out_.messages.end(),
                                    [](const auto& m) { return m.role != CanonicalRole::system; });
    std::vector<std::string> texts = texts_of(message);
    size_t shared = 0;
    if (first && layout_ == PromptLayout::cache && texts.size() > 1) {
      const auto own = std::stable_partition(texts.begin(), texts.end() - 1, same_everywhere);
      shared = static_cast<size_t>(own - texts.begin());
    }
    for (size_t i = 0; i < texts.size(); ++i) {
      const size_t before = last_is(CanonicalRole::user) ? out_.messages.back().text.size() : 0;
      add_text(texts[i]);
      const bool parts = i == shared || i + 1 == texts.size();
      if (first && parts && before > 0) out_.first_user_partings.push_back(before);
    }
    if (images_.empty()) return;
    if (!last_is(CanonicalRole::user)) add(CanonicalRole::user, "");
    auto& seen = out_.messages.back().images;
    seen.insert(seen.end(), images_.begin(), images_.end());
    images_.clear();
  }

  // In words; empty where the model sees the image itself, behind this turn's text.
  std::string shown(const MediaBlock& media) {
    const bool image = media.kind == MediaBlock::Kind::image;
    if (!image || !capabilities_.images || media.data.empty()) return describe(media);
    images_.push_back(media);
    return {};
  }

  std::vector<std::string> texts_of(const Message& message) {
    std::vector<std::string> texts;
    for (const auto& block : message.blocks) {
      std::string text;
      if (const auto* plain = std::get_if<TextBlock>(&block)) text = plain->text;
      if (const auto* media = std::get_if<MediaBlock>(&block)) text = shown(*media);
      if (const auto* loaded = std::get_if<ToolReferenceBlock>(&block)) {
        text = loaded_.tell(loaded->tool_name);
      }
      if (!text.empty()) texts.push_back(std::move(text));
    }
    return texts;
  }

  std::string result_text(const ToolResultBlock& result) {
    std::string text;
    for (const auto& part : result.content) {
      std::string words;
      if (const auto* plain = std::get_if<TextBlock>(&part)) words = plain->text;
      if (const auto* media = std::get_if<MediaBlock>(&part)) {
        words = shown(*media);
        if (words.empty()) words = "[the image stands below]";
      }
      if (const auto* loaded = std::get_if<ToolReferenceBlock>(&part)) {
        words = loaded_.tell(loaded->tool_name);
      }
      if (!text.empty() && !words.empty()) text += "\n";
      text += words;
    }
    // Clients mostly say it in the text already; the flag itself reaches no template.
    if (result.is_error && text.find("rror") == std::string::npos) {
      text = text.empty() ? "Error" : "Error: " + text;
    }
    return text;
  }

  void add_system_turn(const Message& message) {
    std::string text;
    for (const auto& block : message.blocks) {
      if (const auto* plain = std::get_if<TextBlock>(&block)) append_paragraph(text, plain->text);
    }
    if (!text.empty()) add_text(reminder(text));
  }

  void add_assistant(const Message& message) {
    std::string text;
    std::vector<CanonicalCall> calls;
    for (const auto& block : message.blocks) {
      if (const auto* plain = std::get_if<TextBlock>(&block)) append_paragraph(text, plain->text);
      if (const auto* call = std::get_if<ToolUseBlock>(&block)) {
        calls.push_back({call->id, call->name, call->input_json});
      }
    }
    if (text.empty() && calls.empty()) return;
    if (last_is(CanonicalRole::assistant)) {
      append_paragraph(out_.messages.back().text, text);
    } else {
      add(CanonicalRole::assistant, text);
    }
    auto& open = out_.messages.back().calls;
    open.insert(open.end(), calls.begin(), calls.end());
  }

  // The open assistant turn that made this call: nothing but its results may stand behind it.
  CanonicalMessage* caller_of(const std::string& id) {
    for (size_t i = out_.messages.size(); i > 0; --i) {
      CanonicalMessage& message = out_.messages[i - 1];
      if (message.role != CanonicalRole::tool && message.role != CanonicalRole::assistant) break;
      for (const auto& call : message.calls) {
        if (call.id == id) return &message;
      }
    }
    return nullptr;
  }

  // A result stands behind its call; one that answers no open call is told as text.
  void add_result(const ToolResultBlock& result) {
    CanonicalMessage* caller = caller_of(result.tool_use_id);
    if (!caller) {
      add_text("Result of an earlier tool call:\n" + result_text(result));
      return;
    }
    const auto call = std::find_if(caller->calls.begin(), caller->calls.end(),
                                   [&](const auto& c) { return c.id == result.tool_use_id; });
    const std::string name = call->name;
    if (!capabilities_.parallel_calls && call != caller->calls.begin()) {
      // Call, result, call, result: an own assistant turn for each call.
      CanonicalCall moved = *call;
      caller->calls.erase(call);
      add(CanonicalRole::assistant, "").calls.push_back(std::move(moved));
    }
    CanonicalMessage& message = add(CanonicalRole::tool, result_text(result));
    message.tool_call_id = result.tool_use_id;
    message.tool_name = name;
  }

  // The results of one user turn in the order of their calls; others keep their place at the end.
  std::vector<const ToolResultBlock*> results_in_call_order(const Message& message) {
    std::vector<const ToolResultBlock*> results;
    for (const auto& block : message.blocks) {
      if (const auto* result = std::get_if<ToolResultBlock>(&block)) results.push_back(result);
    }
    const auto place = [this](const ToolResultBlock* result) {
      const CanonicalMessage* caller = caller_of(result->tool_use_id);
      if (!caller) return std::size_t{SIZE_MAX};
      const auto& calls = caller->calls;
      return static_cast<size_t>(
          std::find_if(calls.begin(), calls.end(),
                       [&](const auto& call) { return call.id == result->tool_use_id; }) -
          calls.begin());
    };
    std::stable_sort(results.begin(), results.end(),
                     [&](const auto* a, const auto* b) { return place(a) < place(b); });
    return results;
  }

  void prepend_to_first_user(const std::string& system) {
    for (auto& message : out_.messages) {
      if (message.role != CanonicalRole::user) continue;
      message.text.insert(0, system + "\n\n");
      for (size_t& parting : out_.first_user_partings) parting += system.size() + 2;
      return;
    }
    out_.messages.insert(out_.messages.begin(), {CanonicalRole::user, system, {}, {}, {}, {}});
  }

  void take_prefill() {
    if (!last_is(CanonicalRole::assistant) || !out_.messages.back().calls.empty()) return;
    out_.prefill = std::move(out_.messages.back().text);
    out_.messages.pop_back();
  }

  const Conversation& conversation_;
  const TemplateCapabilities& capabilities_;
  const PromptLayout layout_;
  LoadedTools loaded_;
  std::vector<MediaBlock> images_;  // of the turn that is being read
  CanonicalConversation out_;
};

}  // namespace

CanonicalConversation canonicalise(const Conversation& conversation,
                                   const TemplateCapabilities& capabilities, PromptLayout layout) {
  return Canonicaliser(conversation, capabilities, layout).run();
}

void append_event(CanonicalMessage& answer, const Event& event) {
  if (const auto* text = std::get_if<TextDelta>(&event)) answer.text += text->text;
  if (const auto* call = std::get_if<ToolUseStart>(&event)) {
    answer.calls.push_back({.id = call->id, .name = call->name, .arguments_json = {}});
  }
  if (const auto* input = std::get_if<ToolInputDelta>(&event); input && !answer.calls.empty()) {
    answer.calls.back().arguments_json += input->json;
  }
}

bool is_client_noise(std::string_view system_text) { return system_text.starts_with(billing_line); }

}  // namespace anyclaude
