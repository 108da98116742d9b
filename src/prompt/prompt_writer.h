// Writes a conversation down as the model's template does, laid out for the cache: tools, then the
// system text, then the messages. Says where other prompts are likely to part from it. Old answers
// in it are prompt/transcript.h's, which has their beginning written here.
//
// Many templates print the system text before the tools. It is moved behind them, with its heading
// where it has one, within the same system turn, where probes showed that the turn goes on from one
// to the other and ends there as it does without tools. Templates that print tools first, or in a
// turn of their own, are left alone.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/recent.h"
#include "base/result.h"
#include "base/sync.h"
#include "prompt/canonical.h"
#include "prompt/guard.h"
#include "prompt/renderer.h"

namespace anyclaude {

struct WrittenPrompt {
  std::string text;                 // with the guard's marks in it
  std::vector<size_t> save_points;  // CanonicalPrompt::save_points
  PromptExtents extents;
};

// Thread-safe.
class PromptWriter {
 public:
  // Both must outlive it. Renders some probes.
  PromptWriter(const TemplateRenderer& renderer, const Guard& guard, PromptLayout layout);

  // The prompt up to where the answer begins. Error::invalid_request where the template refuses the
  // conversation. What is remembered for one `sharing` (protocol/chat.h) serves no other.
  // Its tools are in the order of prompt/tool_order.h, unless they stand as the client lists them.
  Result<WrittenPrompt> write(const CanonicalConversation& conversation,
                              std::string_view sharing = {}) const;

  PromptLayout layout() const { return layout_; }
  // Where the system text stands, as a conversation with tools shows it.
  enum class SystemText { behind_tools, moved_behind_tools, before_tools, nowhere };
  SystemText system_text() const;

 private:
  // How the system text stands in its turn.
  struct Place {
    std::string heading;   // in front of it, where there is one only with it
    std::string turn_end;  // from behind it, or behind the tools, to the first user text
  };
  std::optional<Place> find_place() const;
  CanonicalConversation probe(const std::string& about) const;
  Result<std::string> render(const CanonicalConversation& conversation) const;
  Result<std::optional<std::string>> render_moved(CanonicalConversation conversation) const;
  // What other conversations may begin with too. Positions are bytes of the text.
  struct Head {
    std::vector<size_t> partings;
    size_t user_begin = 0;  // the first user turn's words
  };
  Head find_head(const CanonicalConversation& conversation, std::string_view sharing,
                 std::string_view text) const;
  Head look_for_head(const CanonicalConversation& conversation, std::string_view text) const;

  // Constant after construction.
  const TemplateRenderer& renderer_;
  const Guard& guard_;
  const PromptLayout layout_;
  // Stand for a text until it is known where the template puts it.
  const std::string system_mark_;
  const std::string user_mark_;
  std::optional<Place> place_;  // nothing: the system text is not moved

  // Looked for by rendering several, which takes long; the requests of a conversation share one.
  static constexpr size_t heads_max = 64;
  mutable Mutex mutex_;
  mutable Recent<std::string, Head> heads_ GUARDED_BY(mutex_){heads_max};
};

}  // namespace anyclaude
