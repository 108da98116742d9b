// What stored state of a model depends on, as one fingerprint: what differs in any of it must never
// be mixed; what does not change it (context size, slots, threads, where the file lies) is left
// out, so that it does not throw a cache away.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "engine/embedded/options.h"
#include "kv/block.h"

struct llama_context;  // NOLINT(readability-identifier-naming): the engine's own name
struct llama_model;

namespace anyclaude {

// The hash of a file's content. Reads all of it once; remembered in `memory_folder` by inode, size
// and time of change, where that folder is given.
Result<Hash128> content_hash(const std::filesystem::path& path,
                             const std::filesystem::path& memory_folder);

// Of the loaded model and its context. All files of a split model count.
Result<Fingerprint> fingerprint_of(const EmbeddedOptions& options, const llama_model* model,
                                   const llama_context* context);

}  // namespace anyclaude
