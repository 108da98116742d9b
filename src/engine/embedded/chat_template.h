// A model's chat template: renders canonical conversations, and knows how the model writes its
// answers (tool calls, thinking) so that they can be constrained and parsed. Over llama-common.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "base/sync.h"
#include "chat.h"
#include "engine/embedded/answer_format.h"
#include "engine/embedded/tokeniser.h"
#include "prompt/guard.h"
#include "prompt/renderer.h"
#include "protocol/chat.h"

struct llama_model;

namespace anyclaude {

// What the template was found to do, by rendering probes when the model was loaded.
struct TemplateFindings {
  bool builtin = false;  // the program's own template is used; `reason` says why
  std::string reason;
  bool direct = true;         // our own run of the template equals llama-common's
  bool short_ids = false;     // tool call ids must be nine letters or digits (Mistral)
  bool thinking = false;      // the model can think
  bool thinking_free = true;  // thinking can change from request to request and keep the prefix
};

// Constant after construction but for a cache of its own; thread-safe.
class ChatTemplate final : public TemplateRenderer {
 public:
  // The template's source as it will be used, before anything is loaded from it: the tokeniser
  // wants to know its markers. `override_source` empty: the model's own, or the built-in one.
  struct Source {
    std::string text;
    std::string tool_use_text;  // a second template for conversations with tools; mostly empty
    bool builtin = false;
    std::string reason;
  };
  static Result<Source> choose_source(const llama_model* model, const std::string& override_source);

  // `guard` and the model must outlive it. `layout` decides where templates put the tools that
  // leave that to their caller.
  static Result<std::unique_ptr<ChatTemplate>> open(const llama_model* model, const Source& source,
                                                    const Guard& guard, PromptLayout layout,
                                                    Metrics& metrics);

  Result<std::string> render(const CanonicalConversation& conversation, Tools tools) const override;

  // How the answer to this conversation is constrained and read.
  Result<std::shared_ptr<const AnswerFormat>> answer_format(const Conversation& conversation,
                                                            const CanonicalConversation& canonical,
                                                            const std::string& sharing) const;

  // Texts that end the model's turn where the vocabulary has no token for them, so that an answer
  // does not run on into a turn of the user's.
  std::vector<std::string> turn_ends(const Tokeniser& tokeniser) const;
  // Markup that stands between an answer and the user's next words: "<|im_end|>", "<|im_start|>".
  std::vector<std::string> turn_marks() const;

  const TemplateCapabilities& capabilities() const { return capabilities_; }
  const TemplateFindings& findings() const { return findings_; }

 private:
  ChatTemplate(const llama_model* model, const Source& source, const Guard& guard,
               PromptLayout layout, Metrics& metrics);
  void examine();
  // What of a conversation is written.
  struct Shown {
    bool generation_prompt = true;
    Tools tools = Tools::listed;
  };
  std::string render_text(const CanonicalConversation& conversation, Shown shown) const;
  std::string render_directly(const common_chat_template& chat_template,
                              const CanonicalConversation& conversation, Shown shown) const;
  std::vector<common_chat_msg> to_messages(const CanonicalConversation& conversation) const;
  std::vector<common_chat_tool> safe_tools(const CanonicalConversation& conversation) const;
  bool renders(const CanonicalConversation& conversation) const;
  bool keeps_system_in_front() const;
  bool thinks(const CanonicalConversation& conversation) const;

  const Guard& guard_;
  common_chat_templates_ptr templates_;
  std::unique_ptr<common_chat_template> default_template_;
  std::unique_ptr<common_chat_template> tool_use_template_;  // null: the default one for all
  TemplateCapabilities capabilities_;
  TemplateFindings findings_;
  std::time_t now_;  // dates that templates print must not change under a running server
  std::map<std::string, std::string> variables_;  // that templates ask for, as JSON
  mutable AnswerFormats formats_;
};

}  // namespace anyclaude
