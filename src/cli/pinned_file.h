// The prompts that people have pinned, as the state folder has them.
#pragma once

#include <memory>

#include "base/files.h"
#include "base/metrics.h"
#include "config/config.h"
#include "kv/journal.h"
#include "kv/pinned.h"

namespace anyclaude {

class PinnedFile {
 public:
  // `metrics` must outlive it.
  PinnedFile(const Config& config, Metrics& metrics)
      : journal_(config.cache.no_disk || config.folders.state.empty()
                     ? nullptr
                     : open_journal_of(prompts_, real_files(),
                                       {.file = config.folders.state / "pinned",
                                        .bytes_max = PinnedPrompts::journal_bytes_max},
                                       metrics)) {}

  PinnedPrompts& prompts() { return prompts_; }

 private:
  PinnedPrompts prompts_;
  const std::unique_ptr<Journal> journal_;  // null: what is pinned ends with this process
};

}  // namespace anyclaude
