#include "protocol/json_reader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "protocol/json_string.h"

namespace anyclaude {
namespace {

// Any of so many digits fits into 64 bits.
constexpr size_t digits_max = 18;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, uint32_t code) {
  const auto add = [&](uint32_t byte) { out += static_cast<char>(byte); };
  const auto add_tail = [&](uint32_t shift) { add(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) return add(code);
  if (code < 0x800) {
    add(0xC0 | (code >> 6));
  } else if (code < 0x10000) {
    add(0xE0 | (code >> 12));
    add_tail(6);
  } else {
    add(0xF0 | (code >> 18));
    add_tail(12);
    add_tail(6);
  }
  add_tail(0);
}

// Every function is false where the reader gives up.
class Reader {
 public:
  Reader(std::string_view text, const JsonLimits& limits) : text_(text), limits_(limits) {}

  bool read(Json& out) {
    if (!read_value(out)) return false;
    skip_space();
    return at_ == text_.size();
  }

 private:
  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) {
      ++at_;
    }
  }

  bool take(std::string_view expected) {
    if (!text_.substr(at_).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }

  bool read_value(Json& out) {
    skip_space();
    if (at_ == text_.size()) return false;
    switch (text_[at_]) {
      case '{':
        return read_object(out);
      case '[':
        return read_array(out);
      case '"': {
        std::string text;
        if (!read_string(text)) return false;
        out = std::move(text);
        return true;
      }
      case 't':
        out = true;
        return take("true");
      case 'f':
        out = false;
        return take("false");
      case 'n':
        out = nullptr;
        return take("null");
      default:
        return read_number(out);
    }
  }

  bool enter() {
    ++at_;
    return ++depth_ <= limits_.depth_max && ++values_ <= limits_.values_max;
  }

  // Behind an element: true with `more` for another one, and the container's end otherwise.
  bool read_separator(char end, bool& more) {
    skip_space();
    if (at_ == text_.size()) return false;
    more = text_[at_] == ',';
    if (!more && text_[at_] != end) return false;
    ++at_;
    if (more) return ++values_ <= limits_.values_max;
    --depth_;
    return true;
  }

  bool read_object(Json& out) {
    if (!enter()) return false;
    out = Json::object();
    auto& members = out.get_ref<Json::object_t&>();
    skip_space();
    if (take("}")) {
      --depth_;
      return true;
    }
    const size_t first = open_members_.size();
    for (bool more = true; more;) {
      skip_space();
      std::string key;
      if (!read_string(key)) return false;
      skip_space();
      if (!take(":") || open_members_.size() - first == limits_.keys_max) return false;
      Json value;
      if (!read_value(value) || !read_separator('}', more)) return false;
      open_members_.emplace_back(std::move(key), std::move(value));
    }
    const auto begin = open_members_.begin() + static_cast<std::ptrdiff_t>(first);
    members.reserve(open_members_.size() - first);
    for (auto member = begin; member != open_members_.end(); ++member) {
      // Of a key that comes twice the last value counts.
      members.emplace(member->first, nullptr).first->second = std::move(member->second);
    }
    open_members_.erase(begin, open_members_.end());
    return true;
  }

  bool read_array(Json& out) {
    if (!enter()) return false;
    out = Json::array();
    auto& elements = out.get_ref<Json::array_t&>();
    skip_space();
    if (take("]")) {
      --depth_;
      return true;
    }
    for (bool more = true; more;) {
      if (!read_value(elements.emplace_back()) || !read_separator(']', more)) return false;
    }
    return true;
  }

  bool read_string(std::string& out) {
    if (!take("\"")) return false;
    while (true) {
      const size_t end = find_json_special(text_, at_);
      out.append(text_, at_, end - at_);
      at_ = end;
      if (take("\"")) return true;
      if (!take("\\") || at_ == text_.size() || !read_escape(out)) return false;
    }
  }

  bool read_escape(std::string& out) {
    const char c = text_[at_++];
    switch (c) {
      case '"':
      case '\\':
      case '/':
        out += c;
        return true;
      case 'b':
        out += '\b';
        return true;
      case 'f':
        out += '\f';
        return true;
      case 'n':
        out += '\n';
        return true;
      case 'r':
        out += '\r';
        return true;
      case 't':
        out += '\t';
        return true;
      case 'u':
        return read_code_point(out);
      default:
        return false;
    }
  }

  bool read_code_point(std::string& out) {
    uint32_t code = 0;
    if (!read_unit(code)) return false;
    if (code >= 0xD800 && code <= 0xDFFF) {
      const size_t behind = at_;
      uint32_t low = 0;
      const bool pair =
          code < 0xDC00 && take("\\u") && read_unit(low) && low >= 0xDC00 && low <= 0xDFFF;
      if (!pair) at_ = behind;
      code = pair ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : 0xFFFD;
    }
    append_utf8(out, code);
    return true;
  }

  // Four hexadecimal digits.
  bool read_unit(uint32_t& unit) {
    if (at_ + 4 > text_.size()) return false;
    for (const char c : text_.substr(at_, 4)) {
      const char lower = static_cast<char>(c | 0x20);
      if (!is_digit(c) && (lower < 'a' || lower > 'f')) return false;
      unit = unit * 16 + static_cast<uint32_t>(is_digit(c) ? c - '0' : lower - 'a' + 10);
    }
    at_ += 4;
    return true;
  }

  bool read_number(Json& out) {
    const size_t begin = at_;
    const bool negative = take("-");
    const size_t first = at_;
    uint64_t number = 0;
    while (at_ < text_.size() && is_digit(text_[at_])) {
      if (at_ - first == digits_max) return false;
      number = number * 10 + static_cast<uint64_t>(text_[at_++] - '0');
    }
    if (at_ == first || (text_[first] == '0' && at_ - first > 1)) return false;
    const char next = at_ < text_.size() ? text_[at_] : '\0';
    if (next == '.' || next == 'e' || next == 'E') return read_real(out, begin);
    if (negative) {
      out = -static_cast<int64_t>(number);
    } else {
      out = number;
    }
    return true;
  }

  // Few enough for the library to read each.
  bool read_real(Json& out, size_t begin) {
    const size_t end = std::min(text_.find_first_not_of("0123456789+-.eE", begin), text_.size());
    out = Json::parse(text_.substr(begin, end - begin), nullptr, false);
    at_ = end;
    return !out.is_discarded();
  }

  const std::string_view text_;
  const JsonLimits& limits_;
  size_t at_ = 0;
  size_t depth_ = 0;
  size_t values_ = 0;
  // Of the objects that are being read, the innermost behind the others. An object of the library
  // that grows copies all that it has.
  std::vector<std::pair<std::string, Json>> open_members_;
};

}  // namespace

std::optional<Json> read_json_quickly(std::string_view text, const JsonLimits& limits) {
  Json out;
  if (!Reader(text, limits).read(out)) return std::nullopt;
  return out;
}

}  // namespace anyclaude
