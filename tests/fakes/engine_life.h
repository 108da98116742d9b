// One life of an engine, asked with tokens and seen through its logits and counters.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/embedded/engine.h"

namespace anyclaude::test {

using Logits = std::vector<float>;
using Prompt = std::vector<Token>;

struct Answer {
  Logits logits;  // that the first token was taken from
  Prompt tokens;
  uint64_t computed = 0;
};

// Over a cache, or none.
class Life {
 public:
  Life(Model& model, KvCache* cache, Engine::Options options = {})
      : model_(model), engine_(model, options, cache, metrics_) {}

  Answer ask(const Prompt& prompt, const std::string& conversation = "one") {
    Answer answer;
    JobSpec spec;
    spec.prompt = prompt;
    spec.conversation = conversation;
    spec.output_tokens_max = 8;
    spec.first_logits = [&](std::span<const float> logits) {
      answer.logits.assign(logits.begin(), logits.end());
    };
    common_params_sampling sampling;
    sampling.temp = 0;
    const auto job = std::make_shared<Job>(std::move(spec));
    const uint64_t before = value("anyclaude_engine_prefill_tokens_total");
    EXPECT_TRUE(
        engine_.submit(job, common_sampler_ptr(common_sampler_init(model_.model(), sampling))));
    Job::View view;
    while (view.end == Job::End::running) {
      view = job->look(std::chrono::milliseconds(50));
      answer.tokens.insert(answer.tokens.end(), view.tokens.begin(), view.tokens.end());
    }
    EXPECT_EQ(view.end == Job::End::failed ? view.error : "", "");
    answer.computed = value("anyclaude_engine_prefill_tokens_total") - before;
    return answer;
  }

  Engine& engine() { return engine_; }
  int64_t gauge(const char* name) { return metrics_.gauge(name, "").value(); }
  uint64_t value(const char* name) {
    Metrics::Labels labels;
    if (name == std::string("anyclaude_engine_prefill_tokens_total")) labels = {{"for", "request"}};
    return metrics_.counter(name, "", labels).value();
  }

 private:
  Model& model_;
  Metrics metrics_;
  Engine engine_;
};

}  // namespace anyclaude::test
