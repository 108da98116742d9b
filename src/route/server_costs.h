// How long a server takes: learned from its answers, never assumed. That a server finds nothing in
// its cache shows as known bytes that take as long as new ones.
#pragma once

#include <cstdint>

namespace anyclaude {

// One answer, as it was seen from here.
struct AnswerTimes {
  uint64_t known_bytes = 0;  // of the prompt: sent to that server before
  uint64_t new_bytes = 0;
  double first_token_s = 0;  // from the sending of the request
  uint32_t output_tokens = 0;
  double rest_s = 0;  // from the first token to the end
};

// A plain value: what a decision is made from, so that it can be made again (decision.h).
struct ServerCosts {
  // Until something was measured a server is taken for a quick one that finds everything in its
  // cache: else nobody would ever try it.
  double new_byte_s = 1e-5;
  double known_byte_s = 0;
  double token_s = 0.02;       // of the answer
  double first_token_s = 0.5;  // of all requests, on the average: what one in front of us takes
  uint32_t answers = 0;        // that were learned from
  uint32_t known_answers = 0;  // of these, on prompts that were mostly known

  void learn(const AnswerTimes& times);
  double prefill_s(uint64_t known_bytes, uint64_t new_bytes) const;
};

}  // namespace anyclaude
