// Both ends of a gateway that is measured. One thread a connection, blocking.
//
//   gateway_probe upstream [WAIT_MS]
//       A Chat Completions server that answers every streamed request with 64 pieces: all at once,
//       or one each WAIT_MS. Prints its port, then serves until it is killed.
//   gateway_probe load PORT PATH BODY_FILE CLIENTS SECONDS
//       So many clients, each on one kept connection, send the same request over and over for so
//       long (0: once each). An answer counts if all 64 pieces and its end came. The key is
//       GATEWAY_KEY of the environment. Prints one line of JSON.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace anyclaude {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr size_t pieces = 64;
// In each piece, and nowhere else in any form of the answer.
constexpr std::string_view word = "quill";
constexpr size_t receive_bytes = 64u << 10;
constexpr int backlog = 4096;
constexpr std::string_view chunks_end = "0\r\n\r\n";

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

// ---- A connection and the messages on it

class Connection {
 public:
  explicit Connection(int descriptor) : descriptor_(descriptor) {
    const int on = 1;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~Connection() { ::close(descriptor_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), 0);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  // Appends to `message`; false: the other side has closed, or is gone.
  bool receive(std::string& message) const {
    const size_t before = message.size();
    message.resize(before + receive_bytes);
    const ssize_t received = ::recv(descriptor_, message.data() + before, receive_bytes, 0);
    message.resize(before + static_cast<size_t>(std::max<ssize_t>(received, 0)));
    return received > 0;
  }

 private:
  const int descriptor_;
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

// What the head of a message says of its end. Neither side sends a message behind another one
// before that is answered, so whatever lies behind the head is its body.
class Framing {
 public:
  // Whether all of `message` is there; it only grows between calls.
  bool complete(std::string_view message) {
    if (body_ == 0) read_head(message);
    if (body_ == 0) return false;
    const std::string_view body = message.substr(body_);
    if (chunked_) return body == chunks_end || body.ends_with("\r\n0\r\n\r\n");
    return body.size() >= bytes_ && !until_closed_;
  }
  void answers() { until_closed_ = true; }  // one without a length ends with the connection
  bool ends_with_connection() const { return until_closed_ && !chunked_; }

 private:
  void read_head(std::string_view message) {
    const size_t end = message.find("\r\n\r\n");
    if (end == std::string_view::npos) return;
    body_ = end + 4;
    const std::string head = lower(message.substr(0, body_));
    chunked_ = head.find("\r\ntransfer-encoding: chunked") != std::string::npos;
    constexpr std::string_view length = "\r\ncontent-length: ";
    if (const size_t at = head.find(length); at != std::string::npos) {
      std::from_chars(head.data() + at + length.size(), head.data() + head.size(), bytes_);
      until_closed_ = false;
    }
  }

  size_t body_ = 0;  // where it begins; 0: unknown yet
  size_t bytes_ = 0;
  bool chunked_ = false;
  bool until_closed_ = false;
};

sockaddr_in local_address(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// ---- upstream

std::string chunk_of(std::string_view delta, std::string_view finish) {
  const std::string event = fmt::format(
      R"(data: {{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":)"
      R"([{{"index":0,"delta":{},"finish_reason":{}}}]}})"
      "\n\n",
      delta, finish);
  return fmt::format("{:x}\r\n{}\r\n", event.size(), event);
}

std::string usage_of(size_t prompt_bytes) {
  return fmt::format(R"("usage":{{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{}}})",
                     prompt_bytes / 4, pieces, prompt_bytes / 4 + pieces);
}

std::string json_reply(std::string_view body, std::string_view status = "200 OK") {
  return fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}", status,
      body.size(), body);
}

bool answer_whole(const Connection& connection, size_t prompt_bytes) {
  return connection.send(json_reply(fmt::format(
      R"({{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{{"index":0,)"
      R"("message":{{"role":"assistant","content":"{} "}},"finish_reason":"stop"}}],{}}})",
      word, usage_of(prompt_bytes))));
}

bool answer_stream(const Connection& connection, size_t prompt_bytes, milliseconds wait) {
  const auto begin = Clock::now();
  std::string due =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
      "Transfer-Encoding: chunked\r\n\r\n";
  due += chunk_of(R"({"role":"assistant","content":""})", "null");
  for (size_t i = 0; i < pieces; ++i) {
    if (wait.count() > 0) {
      if (!connection.send(due)) return false;
      due.clear();
      std::this_thread::sleep_until(begin + (i + 1) * wait);
    }
    due += chunk_of(fmt::format(R"({{"content":"{} "}})", word), "null");
  }
  due += chunk_of("{}", R"("stop")");
  const std::string last = fmt::format(
      R"(data: {{"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],)"
      "{}}}\n\ndata: [DONE]\n\n",
      usage_of(prompt_bytes));
  due += fmt::format("{:x}\r\n{}\r\n", last.size(), last);
  return connection.send(due.append(chunks_end));
}

void serve(int descriptor, milliseconds wait) {
  const Connection connection(descriptor);
  const std::string models =
      json_reply(R"({"object":"list","data":[{"id":"m","object":"model"}]})");
  while (true) {
    std::string request;
    Framing framing;
    while (!framing.complete(request)) {
      if (!connection.receive(request)) return;
    }
    const std::string_view all = request;
    const bool streams = all.find(R"("stream":true)") != std::string_view::npos ||
                         all.find(R"("stream": true)") != std::string_view::npos;
    const bool well = all.starts_with("GET /v1/models ") ? connection.send(models)
                      : all.starts_with("GET ") ? connection.send(json_reply("{}", "404 Not Found"))
                      : streams                 ? answer_stream(connection, request.size(), wait)
                                                : answer_whole(connection, request.size());
    if (!well) return;
  }
}

int upstream(milliseconds wait) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = local_address(0);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener, generic, size) != 0 || ::listen(listener, backlog) != 0 ||
      ::getsockname(listener, generic, &size) != 0) {
    std::perror("gateway_probe");
    return 1;
  }
  std::puts(fmt::format("{}", ntohs(address.sin_port)).c_str());
  std::fflush(stdout);
  while (true) {
    const int descriptor = ::accept(listener, nullptr, nullptr);
    // Killed at the end, with all of its threads.
    if (descriptor >= 0) std::thread(serve, descriptor, wait).detach();
  }
}

// ---- load

struct Load {
  uint16_t port = 0;
  std::string request;
  size_t clients = 1;
  std::chrono::duration<double> time{};
};

struct Measured {
  std::vector<double> first_ms;  // until the first piece had come
  std::vector<double> whole_ms;
  std::vector<std::string> faults;
};

int connect_to(uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = local_address(port);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return descriptor;
  }
  if (descriptor >= 0) ::close(descriptor);
  return -1;
}

size_t count_words(std::string_view text) {
  size_t count = 0;
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    ++count;
  }
  return count;
}

// Empty: the answer is whole.
std::string fault_in(std::string_view answer) {
  const bool well = answer.substr(0, 12).ends_with(" 200");
  const size_t words = count_words(answer);
  const bool ended = answer.find("message_stop") != std::string_view::npos ||
                     answer.find("[DONE]") != std::string_view::npos;
  if (well && words == pieces && ended) return {};
  return fmt::format("{} of {} pieces, {}: {}", words, pieces, ended ? "ended" : "not ended",
                     answer.substr(0, 400));
}

// One request; false: the connection is of no more use.
bool ask(const Connection& connection, const std::string& request, Measured& measured) {
  const auto begin = Clock::now();
  std::string answer;
  double first_ms = -1;
  Framing framing;
  framing.answers();
  bool open = connection.send(request);
  while (open && !framing.complete(answer)) {
    open = connection.receive(answer);
    if (first_ms < 0 && answer.find(word) != std::string::npos) first_ms = ms_since(begin);
  }
  const double whole_ms = ms_since(begin);
  std::string fault = fault_in(answer);
  if (!fault.empty()) {
    measured.faults.push_back(std::move(fault));
    return false;
  }
  measured.first_ms.push_back(first_ms);
  measured.whole_ms.push_back(whole_ms);
  return open && !framing.ends_with_connection();
}

void be_client(const Load& load, Clock::time_point begin, Measured& measured) {
  std::unique_ptr<Connection> connection;
  do {
    if (!connection) {
      const int descriptor = connect_to(load.port);
      if (descriptor < 0) {
        measured.faults.emplace_back("no connection");
        return;
      }
      connection = std::make_unique<Connection>(descriptor);
    }
    if (!ask(*connection, load.request, measured)) connection.reset();
  } while (Clock::now() - begin < load.time);
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + "\"";
}

int run_load(const Load& load) {
  std::vector<Measured> each(load.clients);
  std::vector<std::thread> threads;
  const auto begin = Clock::now();
  for (Measured& measured : each) {
    threads.emplace_back([&] { be_client(load, begin, measured); });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = ms_since(begin) / 1000;
  Measured all;
  for (const Measured& measured : each) {
    std::ranges::copy(measured.first_ms, std::back_inserter(all.first_ms));
    std::ranges::copy(measured.whole_ms, std::back_inserter(all.whole_ms));
    std::ranges::copy(measured.faults, std::back_inserter(all.faults));
  }
  std::puts(fmt::format(R"({{"seconds":{:.4f},"faults":{},"first_fault":{},"first_ms":[{:.3f}],)"
                        R"("whole_ms":[{:.3f}]}})",
                        seconds, all.faults.size(),
                        quoted(all.faults.empty() ? "" : all.faults.front()),
                        fmt::join(all.first_ms, ","), fmt::join(all.whole_ms, ","))
                .c_str());
  return 0;
}

std::string request_of(const std::string& path, const std::string& body_file) {
  std::ifstream file(body_file, std::ios::binary);
  const std::string body{std::istreambuf_iterator<char>(file), {}};
  const char* key = std::getenv("GATEWAY_KEY");
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
      "Authorization: Bearer {}\r\nAnthropic-Version: 2023-06-01\r\nContent-Length: {}\r\n\r\n{}",
      path, key ? key : "none", body.size(), body);
}

int run(const std::vector<std::string>& arguments) {
  const auto number = [&](size_t at) { return std::strtoul(arguments[at].c_str(), nullptr, 10); };
  std::signal(SIGPIPE, SIG_IGN);
  if (!arguments.empty() && arguments[0] == "upstream" && arguments.size() <= 2) {
    return upstream(milliseconds(arguments.size() == 2 ? number(1) : 0));
  }
  if (arguments.size() == 6 && arguments[0] == "load") {
    return run_load({.port = static_cast<uint16_t>(number(1)),
                     .request = request_of(arguments[2], arguments[3]),
                     .clients = number(4),
                     .time = std::chrono::duration<double>(static_cast<double>(number(5)))});
  }
  std::fputs("gateway_probe upstream|load ...; see bench\n", stderr);
  return 2;
}

}  // namespace
}  // namespace anyclaude

int main(int count, char** arguments) { return anyclaude::run({arguments + 1, arguments + count}); }
