// One accepted TCP connection: reads through a buffer that outlives a request (so pipelined
// requests are not lost), writes, and knows whether the client is still there.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>

#include "net/http_head.h"

namespace anyclaude {

// Used by the thread that serves the connection; `shut_down` also from others while the Socket
// lives.
class Socket {
 public:
  // Owns `descriptor`.
  explicit Socket(int descriptor);
  // Closes without losing the reply: a client that is still sending gets a moment to read it.
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void set_timeouts(int read_ms, int write_ms);

  // Bytes can be read without blocking, or the client has closed; false after `timeout_ms`.
  bool wait_readable(int timeout_ms) const;
  // Within the timeouts of read and write.
  bool wait_readable() const { return wait_readable(read_timeout_ms_); }
  bool wait_writable() const;

  enum class Head { complete, closed, timeout, target_too_long, too_large };
  // Reads until the buffer begins with a whole head; its time is the read timeout.
  Head read_head(const HttpHeadLimits& limits);

  // Buffered bytes first. 0: the client has closed. -1: error or timeout.
  ssize_t read(char* bytes, size_t size);
  // All of them, or false.
  bool write(std::string_view bytes);

  // What was received and not read yet; ends with the next `read`.
  std::string_view buffered() const;
  void consume(size_t bytes);

  // False once the client has closed its side or `shut_down` was called.
  bool alive() const;
  // Every waiting and later read and write fails.
  void shut_down();

  int descriptor() const { return descriptor_; }
  std::string remote_address() const;

 private:
  // Appends what can be received now. As `read`.
  ssize_t receive();
  ssize_t receive_into(char* bytes, size_t size) const;

  const int descriptor_;
  int read_timeout_ms_ = 60'000;
  int write_timeout_ms_ = 60'000;
  std::string buffer_;
  size_t consumed_ = 0;  // of buffer_
  std::atomic<bool> shut_down_{false};
};

}  // namespace anyclaude
