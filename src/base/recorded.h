// A table whose entries are written down too, as records of a key and a value (kv/journal.h). What
// was written down is given back, record by record, to the table's `restore`.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <utility>

namespace anyclaude {

class Recorded {
 public:
  using Writer = std::function<void(std::string_view key, std::span<const uint8_t> value)>;
  void set_writer(Writer writer) { writer_ = std::move(writer); }  // before the table is shared

 protected:
  ~Recorded() = default;
  void write_down(std::string_view key, std::span<const uint8_t> value) const {
    if (writer_) writer_(key, value);
  }

 private:
  Writer writer_;  // constant once it is shared
};

}  // namespace anyclaude
