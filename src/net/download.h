// GET of a large file from another server: in pieces as they come, from any byte on, over
// redirects. Follows those to http and https alone, never from https back to http, and shows the
// bearer token to the origin of the first address alone: files lie on other hosts than their names.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/headers.h"

namespace anyclaude {

struct DownloadOptions {
  std::string token;  // bearer; empty: none
  std::chrono::milliseconds connect_timeout{15'000};
  std::chrono::seconds silence_max{60};  // without a byte
  int redirects_max = 5;
};

// What is downloaded.
struct DownloadPlace {
  std::string url;     // may have a query
  uint64_t begin = 0;  // bytes before it are not asked for; a server may send them all the same
};

struct DownloadHead {
  int status = 0;
  HttpHeaders headers;

  // The first header of that name, any case; empty if there is none.
  std::string header(std::string_view name) const { return find_header(headers, name); }
};

// What hears of it. What fails there ends the download with that error.
struct DownloadListener {
  // The head of the last answer, no redirect, before its body.
  std::function<Result<void>(const DownloadHead& head)> begin;
  std::function<Result<void>(std::span<const uint8_t> bytes)> take;
  std::function<bool()> go_on;  // asked about once a second; false ends it
};

// Blocks until the body is there to its end. Any status that is no redirect is an answer, and its
// body is taken. Error::upstream where nobody answers or the answer breaks off, timeout where
// nothing comes, permission for a redirect that is not followed, cancelled where it should not go
// on. Messages name servers by their origin: an
// address may hold a signature. Thread-safe.
Result<DownloadHead> download(const DownloadPlace& place, const DownloadOptions& options,
                              const DownloadListener& listener);

}  // namespace anyclaude
