#include "net/download.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "net/curl_fault.h"

namespace anyclaude {
namespace {

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct FreeText {
  void operator()(char* text) const { curl_free(text); }
};

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
  const std::unique_ptr<char, FreeText> owned(text);
  return text;
}

// Whom an address speaks to: all that may be told of it, and what a token belongs to.
struct Origin {
  std::string scheme;
  std::string host;
  std::string port;

  bool operator==(const Origin&) const = default;
  std::string text() const { return fmt::format("{}://{}:{}", scheme, host, port); }
};

Result<Origin> origin_of(const std::string& address) {
  const std::unique_ptr<CURLU, FreeUrl> url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, address.c_str(), 0) != CURLUE_OK) {
    return fail(Error::Kind::permission, "A server names an address that is none.");
  }
  Origin origin{part_of(url.get(), CURLUPART_SCHEME), part_of(url.get(), CURLUPART_HOST),
                part_of(url.get(), CURLUPART_PORT)};
  if (origin.scheme == "http" || origin.scheme == "https") return origin;
  return fail(
      Error::Kind::permission,
      fmt::format("A server sends us to an address of {}, which is not followed.", origin.scheme));
}

// One request, and the redirect that it may be answered with.
class Hop {
 public:
  Hop(const DownloadPlace& place, Origin origin, const DownloadOptions& options,
      const DownloadListener& listener)
      : origin_(std::move(origin)), listener_(listener), easy_(curl_easy_init()) {
    if (!easy_) return;
    CURL* easy = easy_.get();
    curl_easy_setopt(easy, CURLOPT_URL, place.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "anyclaude");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(options.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);  // bytes a second
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.silence_max.count()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Hop::take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Hop::take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &Hop::ask);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, this);
    if (place.begin > 0) {
      curl_easy_setopt(easy, CURLOPT_RANGE, fmt::format("{}-", place.begin).c_str());
    }
    if (!options.token.empty()) {
      curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
      curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, options.token.c_str());
    }
  }

  // The address that it is redirected to; nothing where the answer was the last one.
  Result<std::optional<std::string>> perform() {
    if (!easy_) return fail(Error::Kind::internal, "A request could not be made.");
    const CURLcode code = curl_easy_perform(easy_.get());
    if (failure_) return std::unexpected(std::move(*failure_));
    if (code != CURLE_OK) return std::unexpected(error(code));
    if (!is_redirect_) {
      if (!begun_) TRY_VOID(begin());  // without a body
      return std::nullopt;
    }
    char* next = nullptr;
    curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_URL, &next);
    if (next != nullptr) return next;
    return fail(Error::Kind::permission, fmt::format("{} redirects to nowhere.", origin_.text()));
  }

  DownloadHead& head() { return head_; }

 private:
  Error error(CURLcode code) const {
    if (code == CURLE_ABORTED_BY_CALLBACK) {
      return {Error::Kind::cancelled, "The download was stopped."};
    }
    const std::string server = origin_.text();
    return curl_fault(code, server, fmt::format("Nothing comes from {}.", server));
  }

  Result<void> begin() {
    begun_ = true;
    return listener_.begin ? listener_.begin(head_) : Result<void>();
  }

  Result<void> take(std::span<const uint8_t> bytes) {
    if (is_redirect_) return {};
    if (!begun_) TRY_VOID(begin());
    return listener_.take(bytes);
  }

  static size_t take_body(char* bytes, size_t, size_t count, void* self) {
    auto& hop = *static_cast<Hop*>(self);
    const auto taken = hop.take({reinterpret_cast<const uint8_t*>(bytes), count});
    if (taken) return count;
    hop.failure_ = taken.error();
    return 0;  // ends the transfer
  }

  static size_t take_header(char* bytes, size_t, size_t count, void* self) {
    static_cast<Hop*>(self)->take_header_line({bytes, count});
    return count;
  }

  // A status line, a field, or the empty line at the end of a head.
  void take_header_line(std::string_view line) {
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("HTTP/")) {
      head_.headers.clear();
      return;
    }
    if (line.empty()) {
      long status = 0;
      curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
      head_.status = static_cast<int>(status);
      is_redirect_ =
          status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
      return;
    }
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
    head_.headers.emplace_back(line.substr(0, colon), value);
  }

  static int ask(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const auto& go_on = static_cast<Hop*>(self)->listener_.go_on;
    return go_on && !go_on() ? 1 : 0;
  }

  const Origin origin_;
  const DownloadListener& listener_;
  const std::unique_ptr<CURL, FreeEasy> easy_;
  DownloadHead head_;
  bool is_redirect_ = false;
  bool begun_ = false;
  std::optional<Error> failure_;  // of the listener
};

}  // namespace

Result<DownloadHead> download(const DownloadPlace& place, const DownloadOptions& options,
                              const DownloadListener& listener) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const Origin first = TRY(origin_of(place.url));
  Origin origin = first;
  DownloadPlace at = place;
  DownloadOptions with = options;
  for (int redirects = 0;; ++redirects) {
    Hop hop(at, origin, with, listener);
    const auto next = TRY(hop.perform());
    if (!next) return std::move(hop.head());
    if (redirects == options.redirects_max) {
      return fail(Error::Kind::permission, fmt::format("{} redirects too often.", first.text()));
    }
    const Origin there = TRY(origin_of(*next));
    if (origin.scheme == "https" && there.scheme != "https") {
      return fail(Error::Kind::permission,
                  fmt::format("{} redirects to {}, where anybody could listen; that is not "
                              "followed.",
                              origin.text(), there.text()));
    }
    origin = there;
    at.url = *next;
    with.token = there == first ? options.token : std::string();
  }
}

}  // namespace anyclaude
