#include "net/upstream_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "base/sync.h"
#include "net/curl_fault.h"

namespace anyclaude {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// libcurl's buffers go with each connection, and a thousand slow streams have one each.
constexpr long buffer_bytes = 16 << 10;
// How often a short request's asker is asked whether he still waits.
constexpr milliseconds asking_interval{100};

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

void append(HeaderList& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (!longer) return;  // out of memory; the list is as it was
  [[maybe_unused]] const auto* ignored = list.release();
  list.reset(longer);
}

// A transfer and the connection that it keeps for the next one.
struct Connection {
  Connection() : multi(curl_multi_init()), easy(curl_easy_init()) {}
  ~Connection() {
    if (easy) curl_easy_cleanup(easy);
    if (multi) curl_multi_cleanup(multi);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  CURLM* const multi;
  CURL* const easy;
};

}  // namespace

struct UpstreamClient::Impl {
  explicit Impl(UpstreamClientOptions given) : options(std::move(given)) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  }

  std::unique_ptr<Connection> take() {
    const MutexLock lock(mutex);
    if (idle.empty()) return std::make_unique<Connection>();
    auto connection = std::move(idle.back());  // the one used last: the least likely to be closed
    idle.pop_back();
    return connection;
  }

  void give_back(std::unique_ptr<Connection> connection) {
    curl_easy_reset(connection->easy);
    const MutexLock lock(mutex);
    if (idle.size() < options.connections_kept_max) idle.push_back(std::move(connection));
  }

  const UpstreamClientOptions options;
  Mutex mutex;
  std::vector<std::unique_ptr<Connection>> idle GUARDED_BY(mutex);
};

class UpstreamClient::Exchange final : public UpstreamExchange {
 public:
  Exchange(Impl& client, UpstreamPath path, std::string body, const HttpHeaders& headers)
      : client_(client), connection_(client.take()), body_(std::move(body)) {
    if (!connection_->easy || !connection_->multi) return;
    CURL* easy = connection_->easy;
    const UpstreamClientOptions& options = client_.options;
    const bool of_host = path.under == UpstreamPath::Under::host;
    std::string url = of_host ? options.url.origin() : options.url.text();
    url += path.path;
    for (const auto* fields : {&options.headers, &headers}) {
      for (const auto& [name, value] : *fields) append(headers_, name + ": " + value);
    }
    append(headers_, "Expect:");  // no waiting for leave to send the body
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, buffer_bytes);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, buffer_bytes);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(options.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Exchange::take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Exchange::take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
    if (!body_.empty()) {
      append(headers_, "Content-Type: application/json");
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body_.data());
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
    }
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
    under_way_ = curl_multi_add_handle(connection_->multi, easy) == CURLM_OK;
  }

  ~Exchange() override {
    if (!connection_->easy || !connection_->multi) return;
    // A transfer that is removed before its end takes its connection with it.
    curl_multi_remove_handle(connection_->multi, connection_->easy);
    client_.give_back(std::move(connection_));
  }

  Result<Progress> wait_for(milliseconds wait) override {
    if (!under_way_ && !ended_) return fail(Error::Kind::internal, "A request could not be made.");
    const auto deadline = Clock::now() + wait;
    bool head_is_new = false;
    while (!ended_) {
      const bool head_before = head_;
      TRY_VOID(perform());
      head_is_new |= head_ != head_before;
      if (head_is_new) drop_body();
      if (ended_ || head_is_new || !arrived_.empty()) break;
      const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
      if (left.count() <= 0) break;
      curl_multi_poll(connection_->multi, nullptr, 0, static_cast<int>(left.count()), nullptr);
    }
    Progress progress{head_, ended_, std::exchange(arrived_, {})};
    if (head_is_new || !progress.bytes.empty()) last_arrival_ = Clock::now();
    if (!ended_) TRY_VOID(check_time());
    return progress;
  }

  int status() const override { return status_; }
  std::string header(std::string_view name) const override {
    return find_header(answer_headers_, name);
  }
  bool begun() const override { return begun_; }

 private:
  Result<void> perform() {
    int running = 0;
    const CURLMcode done = curl_multi_perform(connection_->multi, &running);
    if (done != CURLM_OK) return fail(Error::Kind::internal, curl_multi_strerror(done));
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(connection_->multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      if (message->data.result != CURLE_OK) return std::unexpected(error(message->data.result));
      ended_ = true;
    }
    return {};
  }

  // Once the answer has begun the request is not sent again.
  void drop_body() {
    curl_off_t sent = 0;
    curl_easy_getinfo(connection_->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    if (sent == static_cast<curl_off_t>(body_.size())) std::string().swap(body_);
  }

  Error error(CURLcode code) const {
    const std::string server = client_.options.url.origin();
    return curl_fault(code, server, fmt::format("{} did not take the connection.", server));
  }

  Result<void> check_time() const {
    const auto& options = client_.options;
    const auto limit = begun_ ? options.idle_timeout : options.first_byte_timeout;
    if (Clock::now() - last_arrival_ <= limit) return {};
    return fail(Error::Kind::timeout,
                fmt::format("{} has sent nothing for {} s.", options.url.origin(),
                            std::chrono::duration_cast<std::chrono::seconds>(limit).count()));
  }

  static size_t take_body(char* bytes, size_t, size_t count, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    exchange.begun_ = true;
    exchange.arrived_.append(bytes, count);
    return count;
  }

  static size_t take_header(char* bytes, size_t, size_t count, void* self) {
    static_cast<Exchange*>(self)->take_header_line({bytes, count});
    return count;
  }

  // A status line, a field, or the empty line at the end of a head; a 100 has one before the head
  // that counts.
  void take_header_line(std::string_view line) {
    begun_ = true;
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("HTTP/")) {
      answer_headers_.clear();
      return;
    }
    if (line.empty()) {
      long status = 0;
      curl_easy_getinfo(connection_->easy, CURLINFO_RESPONSE_CODE, &status);
      status_ = static_cast<int>(status);
      head_ = status_ >= 200;
      return;
    }
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    std::string_view value = line.substr(colon + 1);
    while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
    answer_headers_.emplace_back(line.substr(0, colon), value);
  }

  Impl& client_;
  std::unique_ptr<Connection> connection_;
  std::string body_;  // libcurl reads it here
  HeaderList headers_;
  bool under_way_ = false;
  bool head_ = false;
  bool ended_ = false;
  bool begun_ = false;
  int status_ = 0;
  HttpHeaders answer_headers_;
  std::string arrived_;
  Clock::time_point last_arrival_ = Clock::now();
};

UpstreamClient::UpstreamClient(UpstreamClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

UpstreamClient::~UpstreamClient() = default;

const Url& UpstreamClient::url() const { return impl_->options.url; }

std::unique_ptr<UpstreamExchange> UpstreamClient::send(UpstreamPath path, std::string body,
                                                       const HttpHeaders& headers) {
  return std::make_unique<Exchange>(*impl_, path, std::move(body), headers);
}

Result<UpstreamClient::Answer> UpstreamClient::ask(UpstreamPath path, std::string body,
                                                   milliseconds timeout,
                                                   const std::function<bool()>& go_on) {
  const auto deadline = Clock::now() + timeout;
  const auto exchange = send(path, std::move(body));
  Answer answer;
  while (true) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
      return fail(Error::Kind::timeout, fmt::format("{} does not answer in time.", url().origin()));
    }
    if (go_on && !go_on()) return fail(Error::Kind::cancelled, "Nobody waits any more.");
    const auto progress = TRY(exchange->wait_for(std::min(left, asking_interval)));
    answer.body += progress.bytes;
    if (answer.body.size() > impl_->options.asked_bytes_max) {
      return fail(Error::Kind::too_large,
                  fmt::format("The answer of {} is too large.", url().origin()));
    }
    if (progress.ended) break;
  }
  answer.status = exchange->status();
  return answer;
}

}  // namespace anyclaude
