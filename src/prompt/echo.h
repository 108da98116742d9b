// Under which name an answer is found again when the client sends it back as an old turn.
//
// Clients write answers down anew: tool inputs with other key order, spacing and types, blanks
// stripped, a text moved before the calls. A name is a hash of what such an answer means, and of
// all turns before it; so the same words in another conversation have another name, and an answer
// that was really changed has none that is known.
//
// Pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "prompt/canonical.h"

namespace anyclaude {

// SHA-256: nobody who shares a server with others can make two conversations of one name.
using EchoName = std::array<uint8_t, 32>;

// Of a conversation before its first turn. `whose`: the model, and who may share its answers.
EchoName echo_begin(std::string_view whose);

// Of the conversation `before` and this turn behind it. The system text is no turn: it may change
// with the day, and what was answered stays the same. An answer's name is that of the conversation
// that ends with it.
EchoName echo_name(const EchoName& before, const CanonicalMessage& turn);

// The names under which this answer may come back: its own first.
std::vector<EchoName> echo_names(const EchoName& before, const CanonicalMessage& answer);

// Of what else depends on a conversation of this name, and on these texts.
EchoName echo_derived(const EchoName& name, std::span<const std::string_view> texts);

}  // namespace anyclaude
