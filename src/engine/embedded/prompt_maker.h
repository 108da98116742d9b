// Makes prompts for one vocabulary and chat template: what a conversation passes between the API
// and the engine's tokens, with what is remembered on the way (answers as they were sampled, the
// order of tool sets). Also tells people what the template was found to do.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "engine/embedded/chat_template.h"
#include "engine/embedded/options.h"
#include "engine/embedded/tokeniser.h"
#include "kv/journal.h"
#include "prompt/canonical.h"
#include "prompt/echo_table.h"
#include "prompt/prompt_writer.h"
#include "prompt/tool_sets.h"
#include "prompt/transcript.h"
#include "protocol/chat.h"

struct llama_model;

namespace anyclaude {

// Constant after construction but for what it remembers; thread-safe.
class PromptMaker {
 public:
  // The text of a chat template's file; empty where no file is named.
  static Result<std::string> read_template(const std::string& path);

  // `template_text` empty: the model's own. `model_name`: of the model's state, of those who use
  // one table of answers. `keeps`: what is remembered goes to options.state_folder too. The model,
  // which need not have its weights, and `metrics` must outlive it.
  static Result<std::unique_ptr<PromptMaker>> open(const llama_model* model,
                                                   const EmbeddedOptions& options,
                                                   const std::string& template_text,
                                                   const std::string& model_name, bool keeps,
                                                   Metrics& metrics);

  // In the layout that was chosen, the tools in the order of their set.
  CanonicalConversation canonicalise(const Request& request);

  const Tokeniser& tokeniser() const { return *tokeniser_; }
  const ChatTemplate& chat_template() const { return *chat_template_; }
  const Transcript& transcript() const { return *transcript_; }
  EchoTable& echoes() { return echoes_; }
  const std::vector<std::string>& turn_ends() const { return turn_ends_; }

  // What was found by rendering probes: (what, how it is), in words.
  using Findings = std::vector<std::pair<std::string, std::string>>;
  Findings findings() const;
  // Of a model that is not loaded: its vocabulary and its template are, which takes a moment.
  static Result<Findings> look_at(const std::string& model_path, const EmbeddedOptions& options);

 private:
  PromptMaker() = default;

  std::string template_path_;  // empty: the model's own
  std::unique_ptr<Tokeniser> tokeniser_;
  std::unique_ptr<ChatTemplate> chat_template_;
  std::unique_ptr<PromptWriter> writer_;
  EchoTable echoes_;
  ToolSets tool_sets_;
  // Of the tables above; null: they are kept in RAM alone.
  std::unique_ptr<Journal> answers_journal_;
  std::unique_ptr<Journal> tool_sets_journal_;
  std::unique_ptr<Transcript> transcript_;
  std::vector<std::string> turn_ends_;
};

}  // namespace anyclaude
