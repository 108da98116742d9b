// One answer under way: the tokens of its job become events; at its end it is remembered as it was
// sampled, for the next prompt.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/backend.h"
#include "engine/embedded/answer_reader.h"
#include "engine/embedded/job.h"
#include "engine/embedded/prompt_metrics.h"
#include "kv/cache.h"
#include "prompt/canonical.h"
#include "prompt/echo_table.h"
#include "prompt/explain.h"

namespace anyclaude {

class EmbeddedGeneration final : public Generation {
 public:
  // Where the answer is remembered. Without a table it is not: the client began it itself.
  struct Memory {
    EchoTable* echoes = nullptr;
    EchoName conversation{};  // that it answers
    bool thinking = false;
  };

  // What is told of its prompt at the end.
  struct Explanation {
    std::string request;  // its id
    SectionTokens tokens;
    Departure departure;
    PromptMetrics* metrics = nullptr;  // null: it is counted nowhere
  };

  // `cache` may be null; it, the table and the metrics must outlive the generation.
  EmbeddedGeneration(std::shared_ptr<Job> job, AnswerReader reader, Memory memory,
                     Explanation explanation, KvCache* cache);
  ~EmbeddedGeneration() override;

  uint32_t prompt_tokens() const override;
  Result<Finish> run(const EventSink& sink) override;

 private:
  StopReason reason(const Job::View& view) const;
  PromptAccount explain_prompt(uint32_t found_tokens) const;
  void remember();

  std::shared_ptr<Job> job_;
  AnswerReader reader_;
  const Memory memory_;
  const Explanation explanation_;
  KvCache* const cache_;
  std::vector<Token> sampled_;
  CanonicalMessage told_{.role = CanonicalMessage::Role::assistant};
};

}  // namespace anyclaude
