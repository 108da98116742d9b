#include "net/socket.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace anyclaude {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t receive_bytes = 16u << 10;
// How long, how long in silence, and how much a closing connection still listens: a client that is
// refused while it sends a body would else be reset before it has read why. Many read only when all
// is sent.
constexpr int close_ms_max = 5000;
constexpr int close_silence_ms_max = 500;
constexpr size_t close_bytes_max = 256u << 20;

#ifdef MSG_NOSIGNAL
constexpr int send_flags = MSG_DONTWAIT | MSG_NOSIGNAL;
#else
constexpr int send_flags = MSG_DONTWAIT;
#endif
#ifdef POLLRDHUP
constexpr short peer_closed = POLLRDHUP;
#else
constexpr short peer_closed = 0;
#endif

int remaining_ms(Clock::time_point deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::max<long long>(left, 0));
}

// The events that came; 0 after the time.
short wait_for(int descriptor, short events, int timeout_ms) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
  while (true) {
    pollfd entry{descriptor, events, 0};
    const int ready = ::poll(&entry, 1, remaining_ms(deadline));
    if (ready > 0) return entry.revents;
    if (ready == 0) return 0;
    if (errno != EINTR) return POLLERR;
  }
}

}  // namespace

Socket::Socket(int descriptor) : descriptor_(descriptor) {}

Socket::~Socket() {
  ::shutdown(descriptor_, SHUT_WR);
  const auto deadline = Clock::now() + std::chrono::milliseconds(close_ms_max);
  std::array<char, receive_bytes> ignored;
  size_t total = 0;
  // What is buffered does not count: the bytes behind it may still be on their way.
  while (!shut_down_ && total < close_bytes_max &&
         wait_for(descriptor_, POLLIN, std::min(close_silence_ms_max, remaining_ms(deadline))) !=
             0) {
    const ssize_t received = receive_into(ignored.data(), ignored.size());
    if (received <= 0) break;
    total += static_cast<size_t>(received);
  }
  ::close(descriptor_);
}

void Socket::set_timeouts(int read_ms, int write_ms) {
  read_timeout_ms_ = read_ms;
  write_timeout_ms_ = write_ms;
}

bool Socket::wait_readable(int timeout_ms) const {
  return consumed_ < buffer_.size() || wait_for(descriptor_, POLLIN, timeout_ms) != 0;
}

bool Socket::wait_writable() const {
  return wait_for(descriptor_, POLLOUT, write_timeout_ms_) == POLLOUT;
}

ssize_t Socket::receive_into(char* bytes, size_t size) const {
  while (true) {
    const ssize_t received = ::recv(descriptor_, bytes, size, MSG_DONTWAIT);
    if (received >= 0 || errno != EINTR) return received;
  }
}

ssize_t Socket::receive() {
  buffer_.erase(0, consumed_);
  consumed_ = 0;
  const size_t old_size = buffer_.size();
  buffer_.resize(old_size + receive_bytes);
  const ssize_t received = receive_into(buffer_.data() + old_size, receive_bytes);
  buffer_.resize(old_size + static_cast<size_t>(std::max<ssize_t>(received, 0)));
  return received;
}

Socket::Head Socket::read_head(const HttpHeadLimits& limits) {
  HttpHeadScanner scanner(limits);
  const auto deadline = Clock::now() + std::chrono::milliseconds(read_timeout_ms_);
  while (true) {
    switch (scanner.scan(buffered())) {
      case HttpHeadScanner::State::complete:
        return Head::complete;
      case HttpHeadScanner::State::target_too_long:
        return Head::target_too_long;
      case HttpHeadScanner::State::too_large:
        return Head::too_large;
      case HttpHeadScanner::State::incomplete:
        break;
    }
    if (wait_for(descriptor_, POLLIN, remaining_ms(deadline)) == 0) return Head::timeout;
    if (receive() <= 0) return Head::closed;
  }
}

ssize_t Socket::read(char* bytes, size_t size) {
  if (const std::string_view ready = buffered(); !ready.empty()) {
    const size_t taken = std::min(size, ready.size());
    std::memcpy(bytes, ready.data(), taken);
    consume(taken);
    return static_cast<ssize_t>(taken);
  }
  if (wait_for(descriptor_, POLLIN, read_timeout_ms_) == 0) return -1;
  return receive_into(bytes, size);
}

bool Socket::write(std::string_view bytes) {
  if (shut_down_) return false;
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), send_flags);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait_writable()) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

std::string_view Socket::buffered() const { return std::string_view(buffer_).substr(consumed_); }

void Socket::consume(size_t bytes) { consumed_ += bytes; }

bool Socket::alive() const {
  if (shut_down_) return false;
  const short events = wait_for(descriptor_, POLLIN | peer_closed, 0);
  if (events & (POLLERR | POLLHUP | POLLNVAL | peer_closed)) return false;
  if (!(events & POLLIN)) return true;
  char next = 0;
  return ::recv(descriptor_, &next, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
}

void Socket::shut_down() {
  shut_down_ = true;
  ::shutdown(descriptor_, SHUT_RDWR);
}

std::string Socket::remote_address() const {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  std::array<char, NI_MAXHOST> name{};
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::getpeername(descriptor_, generic, &size) != 0 ||
      ::getnameinfo(generic, size, name.data(), name.size(), nullptr, 0, NI_NUMERICHOST) != 0) {
    return "";
  }
  return name.data();
}

}  // namespace anyclaude
