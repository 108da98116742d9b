// One answer under way: the tokens of its job become events; at its end it is remembered as it was
// sampled, for the next prompt.
#pragma once

#include <memory>
#include <vector>

#include "engine/backend.h"
#include "engine/embedded/answer_reader.h"
#include "engine/embedded/job.h"
#include "kv/cache.h"
#include "prompt/canonical.h"
#include "prompt/echo_table.h"

namespace anyclaude {

class EmbeddedGeneration final : public Generation {
 public:
  // Where the answer is remembered. Without a table it is not: the client began it itself.
  struct Memory {
    EchoTable* echoes = nullptr;
    EchoName conversation{};  // that it answers
    bool thinking = false;
  };

  // `cache` may be null; it and the table must outlive the generation.
  EmbeddedGeneration(std::shared_ptr<Job> job, AnswerReader reader, Memory memory, KvCache* cache);
  ~EmbeddedGeneration() override;

  uint32_t prompt_tokens() const override;
  Result<Finish> run(const EventSink& sink) override;

 private:
  StopReason reason(const Job::View& view) const;
  void note(const Event& event);
  void remember();

  std::shared_ptr<Job> job_;
  AnswerReader reader_;
  const Memory memory_;
  KvCache* const cache_;
  std::vector<Token> sampled_;
  CanonicalMessage told_{.role = CanonicalMessage::Role::assistant};
};

}  // namespace anyclaude
