// The Hugging Face hub, or a mirror that speaks its protocol: which files a repository has, and
// their bytes.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "protocol/hub_listing.h"

namespace anyclaude {

struct HubFailure {
  Error error;
  bool may_pass = false;  // asking again may help: the network, or a hub that has too much to do
  std::optional<std::chrono::seconds> after;  // then not before
};

template <class T>
using HubResult = std::expected<T, HubFailure>;

// The bytes of a file from one on.
struct HubRange {
  std::string repository;
  std::string revision;
  std::string path;
  uint64_t begin = 0;
};

// What hears of them. What fails there ends the fetch with that error, which may not pass.
struct HubListener {
  // The first byte that will come: `begin`, or 0 where the server sends all of it again.
  std::function<Result<void>(uint64_t begin)> begin;
  std::function<Result<void>(std::span<const uint8_t> bytes)> take;
};

// One thread.
class Hub {
 public:
  virtual ~Hub() = default;
  // Of the main branch. Error::not_found where there is no such repository, permission where it is
  // not for everybody.
  virtual HubResult<HubListing> list(const std::string& repository) = 0;
  virtual HubResult<void> fetch(const HubRange& range, const HubListener& listener) = 0;
};

struct HubOptions {
  std::string url;              // without a slash at the end
  std::string token;            // empty: none
  std::function<bool()> go_on;  // asked about once a second; false ends what is under way
  std::chrono::seconds silence_max{60};
};

std::unique_ptr<Hub> open_hub(HubOptions options);

}  // namespace anyclaude
