#include "api/recorder.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "protocol/json_string.h"

namespace anyclaude {
namespace {

constexpr std::string_view extension = ".json";
constexpr std::string_view unfinished = ".unfinished";

// 0: not one of ours.
uint64_t number_of(std::string_view name) {
  if (!name.ends_with(extension)) return 0;
  name.remove_suffix(extension.size());
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? number : 0;
}

bool is_secret(std::string_view header) {
  constexpr std::array<std::string_view, 4> secrets = {"authorization", "x-api-key", "cookie",
                                                       "proxy-authorization"};
  return std::ranges::any_of(
      secrets, [&](std::string_view secret) { return equal_any_case(header, secret); });
}

// But for its end, the number.
std::string describe(const HttpRequest& request) {
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  std::string headers;
  for (const auto& [name, value] : request.headers) {
    if (is_secret(name)) continue;
    headers +=
        fmt::format("{}[{},{}]", headers.empty() ? "" : ",", json_string(name), json_string(value));
  }
  const std::string query = request.query.empty() ? "" : "?" + request.query;
  return fmt::format(R"({{"t":{:.3f},"method":{},"path":{},"headers":[{}],"body":)", now.count(),
                     json_string(request.method), json_string(request.path + query), headers)
      .append(request.body);
}

constexpr size_t end_bytes_max = 32;
std::string describe_end(uint64_t number) { return fmt::format(",\"n\":{}}}\n", number); }

}  // namespace

Result<std::unique_ptr<Recorder>> Recorder::open(Files& files, Options options) {
  TRY_VOID(files.make_folder(options.folder));
  auto lock = TRY(files.try_lock(options.folder / "lock"));
  if (!lock) {
    return fail(Error::Kind::overloaded,
                fmt::format("another server records into {}", options.folder.string()));
  }
  const auto entries = TRY(files.list(options.folder));
  uint64_t last = 0;
  for (const auto& entry : entries) {
    last = std::max(last, number_of(entry.name));
    // Of a run that was killed.
    if (!entry.name.ends_with(unfinished)) continue;
    [[maybe_unused]] const auto ignored = files.remove(options.folder / entry.name);
  }
  return std::unique_ptr<Recorder>(new Recorder(files, std::move(options), std::move(lock), last));
}

void Recorder::record(const HttpRequest& request) {
  std::string text = describe(request);
  const uint64_t number = take_number(text.size() + end_bytes_max);
  if (number == 0) return;
  const auto written = write(number, text.append(describe_end(number)));
  if (written) return;
  const MutexLock lock(mutex_);
  if (!stopped_) spdlog::warn("No more requests are recorded: {}", written.error().message);
  stopped_ = true;
}

// So that nobody waits for another's file.
uint64_t Recorder::take_number(size_t bytes) {
  const MutexLock lock(mutex_);
  if (stopped_) return 0;
  stopped_ = bytes > options_.bytes_max - bytes_;
  if (stopped_) {
    spdlog::warn("{} has got {} MiB: no more requests are recorded.", options_.folder.string(),
                 bytes_ >> 20);
    return 0;
  }
  bytes_ += bytes;
  return ++number_;
}

// Not synced as kv/safe_write.h does: a request is not to wait for the disk, and after a crash of
// the machine nobody misses the last ones.
Result<void> Recorder::write(uint64_t number, const std::string& text) {
  const auto path = options_.folder / fmt::format("{:06}{}", number, extension);
  const auto temporary = std::filesystem::path(path).concat(unfinished);
  const auto write_whole = [&]() -> Result<void> {
    const auto file = TRY(files_.create(temporary));
    TRY_VOID(file->append(bytes_of(text)));
    return files_.rename(temporary, path);
  };
  auto written = write_whole();
  if (!written) {
    [[maybe_unused]] const auto ignored = files_.remove(temporary);
  }
  return written;
}

}  // namespace anyclaude
