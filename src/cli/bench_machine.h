// The machine that a bench runs on, in words.
#pragma once

#include "bench/record.h"

namespace anyclaude {

// What the system does not tell is empty, zero, or says so.
BenchMachine look_at_bench_machine();

}  // namespace anyclaude
