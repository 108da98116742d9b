// The engine's libraries that compute, where they are not linked into the program.
//
// A package has one for each kind of processor, and perhaps for GPUs, in one folder with ggml's own
// library. The best that this machine can run are loaded, once.
#pragma once

#include "base/result.h"

namespace anyclaude {

// To be called before anything of the engine that asks for devices. Thread-safe; does nothing where
// they are linked in. Error::io where none is there that can be loaded.
Result<void> load_compute_libraries();

}  // namespace anyclaude
