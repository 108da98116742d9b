// Conversations that share, part and are cut on a real sliding-window model (Gemma-3-270M, window
// 512): what the engine reuses must give the answers of a fresh run.
//
// Identity cannot hold: logits depend a little on how a prompt was cut into chunks and on what else
// is in the cells. So the bound is measured here too, as the distance between fresh runs of the
// same prompt that differ in nothing but that.
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

constexpr uint32_t batch = 128;
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

// By how much the best token leads.
double lead(Logits logits) {
  std::nth_element(logits.begin(), logits.begin() + 1, logits.end(), std::greater<>());
  return logits[0] - logits[1];
}

class WindowTest : public testing::Test {
 protected:
  void SetUp() override {
    EmbeddedOptions options;
    options.model_path = test::gemma();
    options.context_tokens = 4096;
    options.sequences_max = 2;  // few, so that windows are overwritten soon
    options.batch_tokens = batch;
    auto model = Model::load(options, [](float) { return true; });
    ASSERT_TRUE(model) << model.error().message;
    model_ = std::move(*model);
    ASSERT_EQ(model_->memory().kind, MemoryKind::window);
  }

  // A few phrases over and over: what comes next stands in the text before, most of it within the
  // window, so the answer depends on it. Ends inside a phrase.
  Prompt random_prompt(size_t length) {
    if (phrases_.empty()) {
      for (int i = 0; i < 16; ++i) {
        Prompt& phrase = phrases_.emplace_back();
        for (int k = 0; k < 8; ++k) phrase.push_back(static_cast<Token>(1000 + random_() % 9000));
      }
    }
    Prompt out;
    while (out.size() < length) {
      const Prompt& phrase = phrases_[random_() % phrases_.size()];
      out.insert(out.end(), phrase.begin(), phrase.end());
    }
    out.resize(length);
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
    params.swa_full = false;
    params.n_threads = params.n_threads_batch = static_cast<int32_t>(model_->sizes().threads);
    llama_context* context = llama_init_from_model(model_->model(), params);
    llama_batch chunk = llama_batch_init(batch, 0, 1);
    const auto run = [&](const Prompt& tokens, llama_seq_id sequence, uint32_t length) {
      for (size_t i = 0; i < tokens.size(); length = batch) {
        chunk.n_tokens = 0;
        // The last token alone, as the engine's plan has it.
        const size_t last = tokens.size() - 1;
        const size_t stop = i < last ? last : tokens.size();
        for (const size_t end = std::min<size_t>(stop, i + length); i < end; ++i) {
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

  // The largest distances that chunk boundaries and neighbours alone make.
  struct Noise {
    double divergence = 0;
    double logit = 0;
  };
  Noise noise() {
    Noise out;
    for (int i = 0; i < 2; ++i) {
      const Prompt prompt = random_prompt(700);
      const Logits plain = fresh(prompt);
      for (const Logits& other :
           {fresh(prompt, 100), fresh(prompt, 37), fresh(prompt, batch, random_prompt(300))}) {
        out.divergence = std::max(out.divergence, divergence(plain, other));
        for (size_t k = 0; k < plain.size(); ++k) {
          out.logit = std::max<double>(out.logit, std::abs(plain[k] - other[k]));
        }
      }
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

  static Job::End wait(const Asked& asked) {
    Job::End end = Job::End::running;
    while (end == Job::End::running) end = asked.job->look(std::chrono::milliseconds(50)).end;
    return end;
  }

  struct Outcome {
    int failed = 0;  // refused by libllama, which sees a window that is there in part
    int compared = 0;
    int clear = 0;         // whose best token leads by more than the noise could turn
    int clear_agreed = 0;  // and is the best of both
    double worst = 0;
  };

  // A long conversation, then eight others that fork from it at random places, most of them far
  // before its end, where its window is gone; some are cancelled under way, some come together.
  Outcome interleave(bool trust_copies, const Noise& noise) {
    Metrics metrics;
    std::vector<Asked> answered;
    int failed = 0;
    {
      Engine engine(*model_, {.requests_max = 64, .trust_copies_for_test = trust_copies}, nullptr,
                    metrics);
      const Prompt trunk = random_prompt(1900);
      wait(ask(engine, trunk, 0));
      std::vector<Asked> running;
      for (int c = 0; c < conversations; ++c) {
        // Every other fork lies where nothing at all is left of the window.
        const auto keep =
            static_cast<std::ptrdiff_t>(c % 2 == 0 ? 540 + random_() % 60 : 650 + random_() % 700);
        Prompt prompt(trunk.begin(), trunk.begin() + keep);
        for (const Token token : random_prompt(20 + random_() % 40)) prompt.push_back(token);
        running.push_back(ask(engine, prompt, c));
        if (c % 4 == 3) running.back().job->cancel();
        if (random_() % 2 == 0) wait(running.back());
      }
      for (Asked& asked : running) {
        failed += wait(asked) == Job::End::failed ? 1 : 0;
        if (!asked.logits->empty()) answered.push_back(std::move(asked));
      }
    }
    std::shuffle(answered.begin(), answered.end(), random_);
    answered.resize(std::min<size_t>(answered.size(), 6));
    Outcome out;
    out.failed = failed;
    for (const Asked& asked : answered) {
      const Logits reference = fresh(asked.prompt);
      ++out.compared;
      if (lead(reference) > 2 * noise.logit) {
        ++out.clear;
        out.clear_agreed += best(reference) == best(*asked.logits) ? 1 : 0;
      }
      out.worst = std::max(out.worst, divergence(reference, *asked.logits));
    }
    return out;
  }

  std::unique_ptr<Model> model_;
  std::mt19937 random_{20261123};
  std::vector<Prompt> phrases_;
};

TEST_F(WindowTest, SharedAndForkedConversationsAnswerLikeFreshOnes) {
  const Noise measured = noise();
  // A fork stands on more than one moved boundary, among other sequences, and meets the noise
  // several times over; a wrong window is ten times further off still.
  const double bound = 40 * measured.divergence + 0.02;
  const Outcome checked = interleave(false, measured);
  const Outcome trusting = interleave(true, measured);
  std::printf("noise %.5f nats, %.3f logits; alarm bound %.5f nats\n", measured.divergence,
              measured.logit, bound);
  for (const auto& [name, outcome] : {std::pair("with", checked), std::pair("without", trusting)}) {
    std::printf(
        "%s the check: worst of %d %.5f nats; best token kept in %d of %d clear cases; "
        "%d failed\n",
        name, outcome.compared, outcome.worst, outcome.clear_agreed, outcome.clear, outcome.failed);
  }
  ASSERT_GE(checked.compared, 4);
  EXPECT_EQ(checked.failed, 0);
  EXPECT_LT(checked.worst, bound);
  EXPECT_EQ(checked.clear_agreed, checked.clear);
  // The test sees what the check prevents: without it the same traffic is far outside.
  EXPECT_GT(trusting.worst, bound);
}

}  // namespace
}  // namespace anyclaude
