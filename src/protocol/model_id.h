// What models are called: those of this machine in the API, and those that clients ask for.
#pragma once

#include <string>
#include <string_view>

namespace anyclaude {

// "local-" and the file's name without its end, or the name, in small letters: nothing that a
// client takes for one of Anthropic's models.
std::string model_id_of_file(std::string_view path);
std::string model_id_of_name(std::string_view name);

// A client wants a small model, whatever there is: its name is one of Anthropic's haikus.
bool names_small_model(std::string_view model);

}  // namespace anyclaude
