// A repository of the Hugging Face hub, as its API tells of one revision:
// GET /api/models/OWNER/NAME/revision/main?blobs=true. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace anyclaude {

struct HubFile {
  std::string path;  // below the repository; safe to be made a path on this machine
  uint64_t bytes = 0;
  std::string sha256;  // 64 digits in lower case; empty: the hub tells none
};

struct HubListing {
  std::string revision;  // the commit: what is fetched by it never changes
  std::vector<HubFile> files;
};

// Error::upstream if the text is no such answer. A file whose path could lead out of a folder, or
// is hidden in it, is left out.
Result<HubListing> decode_hub_listing(const std::string& json);

}  // namespace anyclaude
