#include "models/hub.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/units.h"
#include "net/download.h"

namespace anyclaude {
namespace {

constexpr size_t listing_bytes_max = 16u << 20;
constexpr std::chrono::seconds retry_after_most{300};

// For a URL's path; slashes stay.
std::string encode_path(std::string_view path) {
  constexpr std::string_view plain = "-._~/";
  std::string out;
  for (const char c : path) {
    const bool keeps = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       plain.contains(c);
    out += keeps ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// "bytes 5-9/10" -> 5
std::optional<uint64_t> begin_of_range(std::string_view range) {
  constexpr std::string_view unit = "bytes ";
  if (!range.starts_with(unit)) return std::nullopt;
  range.remove_prefix(unit.size());
  return parse_count(range.substr(0, range.find('-')));
}

class HttpHub final : public Hub {
 public:
  explicit HttpHub(HubOptions options) : options_(std::move(options)) {}

  HubResult<HubListing> list(const std::string& repository) override {
    repository_ = repository;
    std::string body;
    const auto done =
        get({fmt::format("{}/api/models/{}/revision/main?blobs=true", options_.url, repository), 0},
            {.begin = [](const DownloadHead&) -> Result<void> { return {}; },
             .take = [&](std::span<const uint8_t> bytes) -> Result<void> {
               body.append(bytes.begin(), bytes.end());
               if (body.size() <= listing_bytes_max) return {};
               return fail(Error::Kind::too_large, "The hub's list of files has no end.");
             }});
    if (!done) return std::unexpected(done.error());
    auto listing = decode_hub_listing(body);
    if (!listing) return std::unexpected(HubFailure{listing.error()});
    return std::move(*listing);
  }

  HubResult<void> fetch(const HubRange& range, const HubListener& listener) override {
    repository_ = range.repository;
    const auto begin = [&](const DownloadHead& head) -> Result<void> {
      if (head.status == 200) return listener.begin(0);
      const auto first = begin_of_range(head.header("Content-Range"));
      if (first == range.begin) return listener.begin(range.begin);
      return fail(Error::Kind::upstream, "The hub sends another part of the file than was asked.");
    };
    return get({fmt::format("{}/{}/resolve/{}/{}", options_.url, range.repository, range.revision,
                            encode_path(range.path)),
                range.begin},
               {.begin = begin, .take = listener.take});
  }

 private:
  // The listener hears of answers alone that have what was asked for.
  HubResult<void> get(const DownloadPlace& place, const DownloadListener& listener) {
    std::optional<HubFailure> refused;
    std::optional<Error> failed;
    DownloadListener heard;
    heard.go_on = options_.go_on;
    heard.begin = [&](const DownloadHead& head) -> Result<void> {
      refused = refusal(head);
      if (refused) return std::unexpected(refused->error);
      auto taken = listener.begin(head);
      if (!taken) failed = taken.error();
      return taken;
    };
    heard.take = [&](std::span<const uint8_t> bytes) -> Result<void> {
      auto taken = listener.take(bytes);
      if (!taken) failed = taken.error();
      return taken;
    };
    const auto head =
        download(place, {.token = options_.token, .silence_max = options_.silence_max}, heard);
    if (head) return {};
    if (refused) return std::unexpected(std::move(*refused));
    if (failed) return std::unexpected(HubFailure{std::move(*failed)});
    const Error::Kind kind = head.error().kind;
    return std::unexpected(
        HubFailure{.error = head.error(),
                   .may_pass = kind == Error::Kind::upstream || kind == Error::Kind::timeout});
  }

  std::optional<HubFailure> refusal(const DownloadHead& head) const {
    switch (head.status) {
      case 200:
      case 206:
        return std::nullopt;
      case 401:  // the hub's answer also where there is no such repository
      case 403:
        return HubFailure{
            {Error::Kind::permission,
             fmt::format("the hub does not show {} to {}. See that its name is "
                         "right; if it is private or asks for consent, give that on "
                         "its page and set HF_TOKEN to a token that may read it.",
                         repository_, options_.token.empty() ? "strangers" : "this token")}};
      case 404:
        return HubFailure{{Error::Kind::not_found,
                           fmt::format("the hub has no {}; see that its name is right, and "
                                       "`anyclaude models ls --available` for some that it has",
                                       repository_)}};
      default:
        break;
    }
    HubFailure failure{
        {Error::Kind::upstream, fmt::format("the hub answers with {}", head.status)}};
    failure.may_pass = head.status == 408 || head.status == 429 || head.status >= 500;
    if (head.status == 429) {
      failure.error = {Error::Kind::upstream,
                       fmt::format("the hub wants no more requests for now; try again later{}",
                                   options_.token.empty() ? ", or set HF_TOKEN" : "")};
    }
    if (const auto after = parse_count(head.header("Retry-After"))) {
      const auto most = static_cast<uint64_t>(retry_after_most.count());
      failure.after = std::chrono::seconds(std::min(*after, most));
    }
    return failure;
  }

  const HubOptions options_;
  std::string repository_;  // that is asked about, for messages
};

}  // namespace

std::unique_ptr<Hub> open_hub(HubOptions options) {
  return std::make_unique<HttpHub>(std::move(options));
}

}  // namespace anyclaude
