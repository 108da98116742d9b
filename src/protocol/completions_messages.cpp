#include "protocol/completions_messages.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace anyclaude {
namespace {

// "data:image/png;base64,AAAA" taken apart; any other URL stays what it is.
void take_url(std::string url, MediaBlock& media) {
  constexpr std::string_view scheme = "data:";
  constexpr std::string_view encoding = ";base64";
  const size_t comma = url.find(',');
  if (!url.starts_with(scheme) || comma == std::string::npos) {
    media.data = std::move(url);
    return;
  }
  std::string_view type = std::string_view(url).substr(scheme.size(), comma - scheme.size());
  if (type.ends_with(encoding)) type.remove_suffix(encoding.size());
  media.media_type = type;
  media.data = url.substr(comma + 1);
}

Result<Block> decode_image(Json& part, const JsonPath& path) {
  MediaBlock media;
  const Json* bare = find_member(part, "image_url");
  if (bare != nullptr && bare->is_string()) {  // some clients leave the object out
    take_url(TRY(take_string(part, "image_url", path)), media);
    return media;
  }
  Json* image = TRY(find_object(part, "image_url", path));
  take_url(TRY(take_string(*image, "url", {&path, "image_url"})), media);
  return media;
}

Result<Block> decode_file(Json& part, const JsonPath& path) {
  MediaBlock media;
  media.kind = MediaBlock::Kind::document;
  const JsonPath here{&path, "file"};
  Json* file = TRY(find_object(part, "file", path));
  media.title = TRY(take_optional_string(*file, "filename", here));
  take_url(TRY(take_optional_string(*file, "file_data", here)), media);
  return media;
}

Result<Block> decode_part(Json& part, const JsonPath& path) {
  TRY_VOID(check_object(part, path));
  const std::string type = TRY(take_string(part, "type", path));
  if (type == "text" || type == "refusal") {
    TextBlock text;
    text.text = TRY(take_string(part, type, path));
    return text;
  }
  if (type == "image_url") return decode_image(part, path);
  if (type == "file") return decode_file(part, path);
  return fail_at({&path, "type"}, "Input should be 'text', 'image_url', 'file' or 'refusal'");
}

// A string, an array of parts, or nothing.
Result<std::vector<Block>> decode_parts(Json& message, const RequestLimits& limits,
                                        const JsonPath& path) {
  std::vector<Block> blocks;
  const JsonPath here{&path, "content"};
  Json* content = find_member(message, "content");
  if (content == nullptr) return blocks;
  if (content->is_string()) {
    blocks.emplace_back(TextBlock{std::move(content->get_ref<std::string&>())});
    return blocks;
  }
  if (!content->is_array()) return fail_at(here, "Input should be a valid string or list");
  TRY_VOID(check_array(*content, limits.blocks_max, here));
  for (size_t i = 0; i < content->size(); ++i) {
    blocks.push_back(TRY(decode_part((*content)[i], {&here, {}, i})));
  }
  return blocks;
}

// Models write arguments that are no object, or are cut off in the middle of one, and clients send
// back what they got. Templates want an object, so such a text becomes the one member of one.
std::string as_object(const std::string& arguments, const JsonLimits& limits) {
  if (arguments.find_first_not_of(" \t\r\n") == std::string::npos) return "{}";
  const auto value = parse_json(arguments, limits);
  if (value && value->is_object()) return print_json(*value);
  return Json{{"arguments", arguments}}.dump();
}

Result<Block> decode_call(Json& value, const RequestLimits& limits, const JsonPath& path) {
  TRY_VOID(check_object(value, path));
  ToolUseBlock call;
  call.id = TRY(take_string(value, "id", path));
  const JsonPath here{&path, "function"};
  Json* function = TRY(find_object(value, "function", path));
  call.name = TRY(take_string(*function, "name", here));
  call.input_json = as_object(TRY(take_optional_string(*function, "arguments", here)), limits.json);
  return call;
}

Result<Message> decode_assistant(Json& value, const RequestLimits& limits, const JsonPath& path) {
  Message message{.role = Role::assistant, .blocks = {}};
  std::string thinking = TRY(take_optional_string(value, "reasoning_content", path));
  if (!thinking.empty()) message.blocks.emplace_back(ThinkingBlock{std::move(thinking), {}});
  std::vector<Block> said = TRY(decode_parts(value, limits, path));
  for (Block& block : said) message.blocks.push_back(std::move(block));
  std::string refusal = TRY(take_optional_string(value, "refusal", path));
  if (!refusal.empty()) message.blocks.emplace_back(TextBlock{std::move(refusal)});
  const JsonPath here{&path, "tool_calls"};
  if (Json* calls = find_member(value, "tool_calls")) {
    TRY_VOID(check_array(*calls, limits.blocks_max, here));
    for (size_t i = 0; i < calls->size(); ++i) {
      message.blocks.push_back(TRY(decode_call((*calls)[i], limits, {&here, {}, i})));
    }
  }
  if (find_member(value, "function_call") != nullptr) {
    return fail_at({&path, "function_call"}, "Use tool_calls instead");
  }
  return message;
}

Result<Block> decode_result(Json& value, const RequestLimits& limits, const JsonPath& path) {
  ToolResultBlock result;
  result.tool_use_id = TRY(take_string(value, "tool_call_id", path));
  std::vector<Block> parts = TRY(decode_parts(value, limits, path));
  for (Block& part : parts) {
    if (auto* text = std::get_if<TextBlock>(&part)) {
      result.content.emplace_back(std::move(*text));
    } else if (auto* media = std::get_if<MediaBlock>(&part)) {
      result.content.emplace_back(std::move(*media));
    }
  }
  return result;
}

class MessagesDecoder {
 public:
  MessagesDecoder(const RequestLimits& limits, Conversation& conversation)
      : limits_(limits), conversation_(conversation) {}

  Result<void> take(Json& value, const JsonPath& path) {
    TRY_VOID(check_object(value, path));
    const std::string role = TRY(take_string(value, "role", path));
    if (role == "tool") return take_result(value, path);
    after_result_ = false;
    if (role == "system" || role == "developer") return take_system(value, path);
    if (role == "user") {
      TRY_VOID(check_content(value, path));
      add(Role::user, TRY(decode_parts(value, limits_, path)));
      return {};
    }
    if (role == "assistant") {
      conversation_.messages.push_back(TRY(decode_assistant(value, limits_, path)));
      return {};
    }
    return fail_at({&path, "role"},
                   "Input should be 'system', 'developer', 'user', 'assistant' or 'tool'");
  }

 private:
  void add(Role role, std::vector<Block> blocks) {
    conversation_.messages.push_back({.role = role, .blocks = std::move(blocks)});
  }

  static Result<void> check_content(Json& value, const JsonPath& path) {
    if (find_member(value, "content") != nullptr) return {};
    return fail_at({&path, "content"}, "Field required");
  }

  Result<void> take_system(Json& value, const JsonPath& path) {
    TRY_VOID(check_content(value, path));
    std::vector<Block> blocks = TRY(decode_parts(value, limits_, path));
    if (!conversation_.messages.empty()) {
      add(Role::system, std::move(blocks));
      return {};
    }
    for (Block& block : blocks) {
      auto* text = std::get_if<TextBlock>(&block);
      if (text != nullptr) conversation_.system.push_back(std::move(text->text));
    }
    return {};
  }

  Result<void> take_result(Json& value, const JsonPath& path) {
    TRY_VOID(check_content(value, path));
    Block result = TRY(decode_result(value, limits_, path));
    if (!std::exchange(after_result_, true)) add(Role::user, {});
    conversation_.messages.back().blocks.push_back(std::move(result));
    return {};
  }

  const RequestLimits& limits_;
  Conversation& conversation_;
  bool after_result_ = false;  // the last message holds nothing but results
};

}  // namespace

Result<void> decode_completions_messages(Json& values, const RequestLimits& limits,
                                         const JsonPath& path, Conversation& conversation) {
  TRY_VOID(check_array(values, limits.messages_max, path));
  if (values.empty()) return fail_at(path, "at least one message is required");
  MessagesDecoder decoder(limits, conversation);
  for (size_t i = 0; i < values.size(); ++i) {
    TRY_VOID(decoder.take(values[i], {&path, {}, i}));
  }
  return {};
}

}  // namespace anyclaude
