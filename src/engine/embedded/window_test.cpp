// Conversations that share, part and are cut on a real sliding-window model (Gemma-3-270M, window
// 512): what the engine reuses must give the answers of a fresh run.
//
// Identity cannot hold: logits depend a little on how a prompt was cut into chunks and on what else
// is in the cells. So the bound is measured here too, as the distance between fresh runs of the same
// prompt that differ in nothing but that.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <random>

#include "engine/embedded/engine.h"
#include "fakes/test_models.h"

namespace anyclaude {
namespace {

using Logits = std::vector<float>;
using Prompt = std::vector<Token>;

constexpr uint32_t batch = 256;
constexpr int conversations = 8;

// Kullback-Leibler divergence of q from p, in nats.
double divergence(const Logits& p, const Logits& q) {
  const auto log_sum = [](const Logits& logits) {
    const double top = *std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (const float x : logits) sum += std::exp(x - top);
    return top + std::log(sum);
  };
  const double p_sum = log_sum(p);
  const double q_sum = log_sum(q);
  double out = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    const double log_p = p[i] - p_sum;
    out += std::exp(log_p) * (log_p - (q[i] - q_sum));
  }
  return std::max(0.0, out);
}

size_t best(const Logits& logits) {
  return static_cast<size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

class WindowTest : public testing::Test {
 protected:
  void SetUp() override {
    EmbeddedOptions options;
    options.model_path = test::gemma();
    options.context_tokens = 4096;
    options.sequences_max = 12;
    options.batch_tokens = batch;
    options.threads = 1;
    auto model = Model::load(options, [](float) { return true; });
    ASSERT_TRUE(model) << model.error().message;
    model_ = std::move(*model);
    ASSERT_EQ(model_->memory().kind, MemoryKind::window);
  }

  Prompt random_prompt(size_t length) {
    Prompt out;
    for (size_t i = 0; i < length; ++i) out.push_back(static_cast<Token>(1000 + random_() % 9000));
    return out;
  }

  // The whole prompt in a context of its own; `first_chunk` moves all chunk boundaries, `before` is
  // another sequence that stands in the cells already.
  Logits fresh(const Prompt& prompt, uint32_t first_chunk = batch, const Prompt& before = {}) {
    llama_context_params params = llama_context_default_params();
    params.n_ctx = 8192;
    params.n_batch = batch;
    params.n_ubatch = batch;
    params.n_seq_max = 2;
    params.kv_unified = true;
    params.n_threads = params.n_threads_batch = 1;
    llama_context* context = llama_init_from_model(model_->model(), params);
    llama_batch chunk = llama_batch_init(batch, 0, 1);
    const auto run = [&](const Prompt& tokens, llama_seq_id sequence, uint32_t length) {
      for (size_t i = 0; i < tokens.size(); length = batch) {
        chunk.n_tokens = 0;
        for (const size_t end = std::min<size_t>(tokens.size(), i + length); i < end; ++i) {
          const int32_t k = chunk.n_tokens++;
          chunk.token[k] = tokens[i];
          chunk.pos[k] = static_cast<llama_pos>(i);
          chunk.n_seq_id[k] = 1;
          chunk.seq_id[k][0] = sequence;
          chunk.logits[k] = i + 1 == tokens.size() ? 1 : 0;
        }
        EXPECT_EQ(llama_decode(context, chunk), 0);
      }
    };
    if (!before.empty()) run(before, 1, batch);
    run(prompt, 0, first_chunk);
    const float* logits = llama_get_logits_ith(context, chunk.n_tokens - 1);
    Logits out(logits, logits + llama_vocab_n_tokens(llama_model_get_vocab(model_->model())));
    llama_batch_free(chunk);
    llama_free(context);
    return out;
  }

  // The largest distance that chunk boundaries and neighbours alone make.
  double noise() {
    double out = 0;
    for (int i = 0; i < 2; ++i) {
      const Prompt prompt = random_prompt(700);
      const Logits plain = fresh(prompt);
      out = std::max(out, divergence(plain, fresh(prompt, 100)));
      out = std::max(out, divergence(plain, fresh(prompt, batch, random_prompt(300))));
    }
    return out;
  }

  struct Asked {
    Prompt prompt;
    std::shared_ptr<Logits> logits = std::make_shared<Logits>();
    std::shared_ptr<Job> job;
  };

  Asked ask(Engine& engine, Prompt prompt, int conversation) {
    Asked asked;
    JobSpec spec;
    spec.prompt = asked.prompt = std::move(prompt);
    spec.conversation = "conversation " + std::to_string(conversation);
    spec.output_tokens_max = 3;
    spec.first_logits = [to = asked.logits](std::span<const float> logits) {
      to->assign(logits.begin(), logits.end());
    };
    common_params_sampling sampling;
    sampling.temp = 0;
    asked.job = std::make_shared<Job>(std::move(spec));
    const auto sent = engine.submit(
        asked.job, common_sampler_ptr(common_sampler_init(model_->model(), sampling)));
    EXPECT_TRUE(sent);
    return asked;
  }

  static void wait(const Asked& asked) {
    while (asked.job->look(std::chrono::milliseconds(50)).end == Job::End::running) {
    }
  }

  struct Outcome {
    int compared = 0;
    int agreed = 0;  // same best token
    double worst = 0;
  };

  // Eight conversations in random order: forks of two long beginnings, next turns, rewinds to inside
  // the beginning, some cancelled under way.
  Outcome interleave(bool trust_copies) {
    Metrics metrics;
    std::vector<Asked> answered;
    {
      Engine engine(*model_, {.requests_max = 64, .trust_copies_for_test = trust_copies}, metrics);
      const std::vector<Prompt> beginnings = {random_prompt(760), random_prompt(680)};
      std::vector<Prompt> last(conversations);
      for (int round = 0; round < 3; ++round) {
        std::vector<Asked> running;
        for (int c = 0; c < conversations; ++c) {
          Prompt prompt = last[c];
          if (prompt.empty() || random_() % 4 == 0) {
            const Prompt& from = beginnings[static_cast<size_t>(c) % 2];
            const size_t keep = from.size() - random_() % 100;
            prompt.assign(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(keep));
          }
          for (const Token token : random_prompt(20 + random_() % 40)) prompt.push_back(token);
          running.push_back(ask(engine, prompt, c));
          if (random_() % 5 == 0) running.back().job->cancel();
          if (random_() % 3 == 0) wait(running.back());
          last[c] = prompt;
        }
        for (Asked& asked : running) {
          wait(asked);
          if (!asked.logits->empty()) answered.push_back(std::move(asked));
        }
      }
    }
    std::shuffle(answered.begin(), answered.end(), random_);
    answered.resize(std::min<size_t>(answered.size(), 10));
    Outcome out;
    for (const Asked& asked : answered) {
      const Logits reference = fresh(asked.prompt);
      ++out.compared;
      out.agreed += best(reference) == best(*asked.logits) ? 1 : 0;
      out.worst = std::max(out.worst, divergence(reference, *asked.logits));
    }
    return out;
  }

  std::unique_ptr<Model> model_;
  std::mt19937 random_{20261123};
};

TEST_F(WindowTest, SharedAndForkedConversationsAnswerLikeFreshOnes) {
  const double bound = 10 * noise() + 1e-3;
  const Outcome checked = interleave(false);
  const Outcome trusting = interleave(true);
  std::printf("alarm bound %.5f nats\n", bound);
  std::printf("with the check:    worst %.5f nats, same best token in %d of %d\n", checked.worst,
              checked.agreed, checked.compared);
  std::printf("without the check: worst %.5f nats, same best token in %d of %d\n", trusting.worst,
              trusting.agreed, trusting.compared);
  ASSERT_GE(checked.compared, 8);
  EXPECT_LT(checked.worst, bound);
  EXPECT_GE(checked.agreed + 2, checked.compared);
  // The test sees what the check prevents: without it the same traffic is far outside.
  EXPECT_GT(trusting.worst, bound);
}

}  // namespace
}  // namespace anyclaude
