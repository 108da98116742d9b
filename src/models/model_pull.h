// Fetches a model from the hub into the models folder: OWNER/NAME/FILE below it.
//
// What has its final name is complete and was checked against the hub's SHA-256. Until then the
// bytes lie in FILE.HASH.part beside it, HASH being the first digits of what they shall have, so
// that parts of two versions of a file never meet. A download that was cut at any byte goes on
// there: the part is read again, for its hash, and the rest is asked for.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/amount.h"
#include "base/files.h"
#include "base/result.h"
#include "models/hub.h"
#include "models/model_name.h"

namespace anyclaude {

struct Pulled {
  std::filesystem::path path;  // of a split model the first part
  uint64_t bytes = 0;
  uint64_t bytes_fetched = 0;  // 0: all of it was there
  uint32_t files = 0;
};

struct PullPlace {
  std::filesystem::path folder;  // of all models
  // Free for this user.
  std::function<uint64_t(const std::filesystem::path& folder)> free_bytes;
};

// What else a pull needs of the world.
struct PullHooks {
  std::function<void(std::string_view what, Amount amount)> show;
  // Waits before the hub is asked again; false where it shall not be.
  std::function<bool(std::chrono::milliseconds time)> wait;
  int attempts_max = 5;  // without a byte that is new
};

// Error::not_found and invalid_request as `choose_files`; overloaded where the disk is full, or
// another process pulls the same model; io where the bytes are not what the hub says, and then
// they are deleted; cancelled where it was stopped. What was fetched stays for the next time in all
// other cases.
Result<Pulled> pull_model(const ModelName& name, Files& files, Hub& hub, const PullPlace& place,
                          const PullHooks& hooks);

// The file that keeps two processes from one model, and what the name of an unfinished file is.
std::filesystem::path pull_lock(const std::filesystem::path& file);
bool is_part_of(std::string_view part_name, std::string_view file_name);
// "m.gguf" of "m.gguf.0123456789abcdef.part"; empty for what is no part.
std::string file_of_part(std::string_view part_name);

}  // namespace anyclaude
