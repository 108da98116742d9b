#include "route/server_costs.h"

#include <algorithm>

namespace anyclaude {
namespace {

// The newest answer weighs so much: what a server did an hour ago says little.
constexpr double weight_of_newest = 0.3;
constexpr uint64_t bytes_min = 1'024;  // less is not what took the time

void average(double& value, double seen, bool first) {
  value = first ? seen : value + weight_of_newest * (seen - value);
}

}  // namespace

void ServerCosts::learn(const AnswerTimes& times) {
  const auto known = static_cast<double>(std::max(times.known_bytes, bytes_min));
  const auto fresh = static_cast<double>(std::max(times.new_bytes, bytes_min));
  average(first_token_s, times.first_token_s, answers == 0);
  // Two costs from one time: the one that most of the prompt went into is learned.
  if (times.known_bytes > 2 * times.new_bytes) {
    const double of_new = static_cast<double>(times.new_bytes) * new_byte_s;
    average(known_byte_s, std::max(0.0, times.first_token_s - of_new) / known, known_answers == 0);
    ++known_answers;
  } else {
    const double of_known = static_cast<double>(times.known_bytes) * known_byte_s;
    average(new_byte_s, std::max(0.0, times.first_token_s - of_known) / fresh,
            answers == known_answers);
  }
  if (times.output_tokens > 1 && times.rest_s > 0) {
    average(token_s, times.rest_s / times.output_tokens, answers == 0);
  }
  ++answers;
}

double ServerCosts::prefill_s(uint64_t known_bytes, uint64_t new_bytes) const {
  return static_cast<double>(known_bytes) * known_byte_s +
         static_cast<double>(new_bytes) * new_byte_s;
}

}  // namespace anyclaude
