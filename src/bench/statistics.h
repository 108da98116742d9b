// What several values of one measurement come to.
#pragma once

#include <cstddef>
#include <vector>

namespace anyclaude {

struct Spread {
  double median = 0;  // of an even number of values the mean of the two in the middle
  double least = 0;
  double most = 0;
  size_t count = 0;
};

// All zero where there is no value.
Spread spread_of(std::vector<double> values);

double mean_of(const std::vector<double>& values);  // 0 of none

}  // namespace anyclaude
