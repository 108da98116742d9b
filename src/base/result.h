// Failure as a value: Result<T> is a T or an Error; TRY hands an Error to the caller.
//
// No exception leaves a .cpp file of this project. An Error's kind names the reaction, not the
// cause: each maps to one HTTP status and one Anthropic error type (api/errors.h).
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace anyclaude {

struct Error {
  enum class Kind {
    invalid_request,  // the caller must change the request
    authentication,   // no key, or a wrong one
    permission,       // the key is right, the thing is not allowed
    not_found,
    too_large,   // a size limit of ours
    overloaded,  // a queue or the memory is full; trying again later helps
    timeout,
    cancelled,  // the client has left, or the server is stopping
    io,         // disk, or a local resource
    upstream,   // another server failed
    internal,   // a fault of ours
  };
  Kind kind = Kind::internal;
  std::string message;  // one sentence for the user, saying what to do where that is known
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Error::Kind kind, std::string message) {
  return std::unexpected<Error>(Error{kind, std::move(message)});
}

}  // namespace anyclaude

// TRY(expr): the value of a Result, or return its Error from the enclosing function.
// A statement expression, which GCC and Clang both have; `__extension__` keeps -Wpedantic quiet.
#define TRY(expression)                                                       \
  __extension__({                                                             \
    auto try_result_ = (expression);                                          \
    if (!try_result_) return std::unexpected(std::move(try_result_).error()); \
    std::move(try_result_).value();                                           \
  })

// The same for Result<void>.
#define TRY_VOID(expression)                                                  \
  do {                                                                        \
    auto try_result_ = (expression);                                          \
    if (!try_result_) return std::unexpected(std::move(try_result_).error()); \
  } while (false)
