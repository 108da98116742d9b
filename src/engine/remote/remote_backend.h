// Another server as a backend: MLX-LM, LM Studio, vLLM, llama-server, whatever speaks the Chat
// Completions API. Gets the canonical form of every conversation, so that its own cache finds what
// it has computed, and gives tools also where the server has none.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "base/sync.h"
#include "engine/backend.h"
#include "engine/remote/answer_memory.h"
#include "engine/remote/options.h"
#include "engine/remote/server_facts.h"
#include "net/upstream_client.h"

namespace anyclaude {

// How a client for this server is made: its address and the key.
UpstreamClientOptions client_options(const RemoteOptions& options);

// Thread-safe. A thread of its own looks whether the server is there, and what it has.
class RemoteBackend final : public Backend {
 public:
  RemoteBackend(RemoteOptions options, Metrics& metrics);
  ~RemoteBackend() override;  // all generations are destroyed already
  RemoteBackend(const RemoteBackend&) = delete;
  RemoteBackend& operator=(const RemoteBackend&) = delete;

  std::string name() const override { return options_.name; }
  std::vector<ModelInfo> models() const override;
  Readiness readiness() const override;
  Result<std::unique_ptr<Generation>> start(Request request) override;
  Result<uint32_t> count_tokens(const Request& request) override;

  Abilities abilities() const override;
  Report report() const override;

 private:
  struct Asked {
    std::string body;
    HttpHeaders headers{};
    std::string model;
    bool passed_on = false;  // as it came
    bool emulates = false;
    uint32_t tokens = 0;      // of the prompt, about
    EchoName conversation{};  // that the answer is to
  };

  void watch();
  void look();
  bool stopping() const;
  void look_soon();
  using FactsPtr = std::shared_ptr<const ServerFacts>;
  Result<FactsPtr> facts() const;
  std::string model_for(const Request& request, const ServerFacts& facts) const;
  CanonicalConversation canonical_for(const Request& request, const ServerFacts& facts,
                                      EchoName& name);
  Asked encode(const Request& request, const ServerFacts& facts);
  Asked pass_on(Request& request) const;
  void remember(const Asked& asked, const CanonicalMessage& told, const std::string& written);
  Error refusal(int status, const std::string& body, const Asked& asked,
                const ServerFacts& facts) const;
  uint32_t about_tokens(size_t body_bytes) const;
  void learn_token_size(size_t body_bytes, const Usage& usage);

  const RemoteOptions options_;
  UpstreamClient client_;
  Counter& requests_;
  Counter& failures_;
  Counter& prompt_tokens_;
  Counter& cached_tokens_;
  Gauge& up_;
  std::atomic<bool> counts_{true};          // tokens of a prompt, when it is asked to
  std::atomic<float> bytes_a_token_{4.0F};  // of request bodies

  AnswerMemory answers_;

  mutable Mutex mutex_;
  CondVar changed_;
  Result<FactsPtr> facts_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool look_soon_ GUARDED_BY(mutex_) = false;
  std::thread watcher_;
};

}  // namespace anyclaude
