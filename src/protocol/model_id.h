// How a model of this machine is called in the API.
#pragma once

#include <string>
#include <string_view>

namespace anyclaude {

// "local-" and the file's name without its end, or the name, in small letters: nothing that a
// client takes for one of Anthropic's models.
std::string model_id_of_file(std::string_view path);
std::string model_id_of_name(std::string_view name);

}  // namespace anyclaude
