// Writes one JSON value piece by piece, and knows where a comma is due.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/json_string.h"

namespace anyclaude {

// Appends to `out`, which must outlive it.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void open(char bracket) {
    out_ += bracket;
    first_ = true;
  }
  void close(char bracket) {
    out_ += bracket;
    first_ = false;
  }
  // Of an array; its value follows.
  void element() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  // Of an object; its value follows.
  void key(std::string_view name) {
    element();
    append_json_string(out_, name);
    out_ += ':';
  }
  void text(std::string_view name, std::string_view value) {
    key(name);
    append_json_string(out_, value);
  }
  void texts(std::string_view name, const std::vector<std::string>& values) {
    key(name);
    open('[');
    for (const std::string& value : values) {
      element();
      append_json_string(out_, value);
    }
    close(']');
  }
  void raw(std::string_view name, std::string_view json) {
    key(name);
    out_ += json;
  }

 private:
  std::string& out_;
  bool first_ = true;
};

}  // namespace anyclaude
