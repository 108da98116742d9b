#include "protocol/anthropic_blocks.h"

#include <utility>

namespace anyclaude {
namespace {

// Decodes the elements of blocks nested in blocks: tool results, documents, search results.
struct BlockDecoder {
  size_t blocks_max;

  Result<std::vector<Block>> content(Json& content, const JsonPath& path) const;
  Result<void> block(Json& block, const JsonPath& path, std::vector<Block>& out) const;
  Result<Block> tool_use(Json& block, const JsonPath& path) const;
  Result<Block> tool_result(Json& block, const JsonPath& path) const;
  Result<void> media(Json& block, MediaBlock::Kind kind, const JsonPath& path,
                     std::vector<Block>& out) const;
  Result<void> unknown(Json& block, const JsonPath& path, std::vector<Block>& out) const;
};

Result<std::vector<Block>> BlockDecoder::content(Json& content, const JsonPath& path) const {
  std::vector<Block> blocks;
  if (content.is_string()) {
    blocks.emplace_back(TextBlock{std::move(content.get_ref<std::string&>())});
    return blocks;
  }
  if (!content.is_array()) return fail_at(path, "Input should be a valid string or list");
  TRY_VOID(check_array(content, blocks_max, path));
  blocks.reserve(content.size());
  for (size_t i = 0; i < content.size(); ++i) {
    TRY_VOID(block(content[i], {&path, {}, i}, blocks));
  }
  return blocks;
}

Result<void> BlockDecoder::block(Json& block, const JsonPath& path, std::vector<Block>& out) const {
  TRY_VOID(check_object(block, path));
  const std::string type = TRY(take_string(block, "type", path));
  if (type == "text") {
    TextBlock text;
    text.text = TRY(take_string(block, "text", path));
    out.emplace_back(std::move(text));
  } else if (type == "thinking") {
    ThinkingBlock thinking;
    thinking.text = TRY(take_string(block, "thinking", path));
    thinking.signature = TRY(take_optional_string(block, "signature", path));
    out.emplace_back(std::move(thinking));
  } else if (type == "tool_use") {
    out.push_back(TRY(tool_use(block, path)));
  } else if (type == "tool_result") {
    out.push_back(TRY(tool_result(block, path)));
  } else if (type == "image") {
    return media(block, MediaBlock::Kind::image, path, out);
  } else if (type == "document") {
    return media(block, MediaBlock::Kind::document, path, out);
  } else if (type == "tool_reference") {
    out.emplace_back(ToolReferenceBlock{TRY(take_optional_string(block, "tool_name", path))});
  } else {
    return unknown(block, path, out);
  }
  return {};
}

Result<Block> BlockDecoder::tool_use(Json& block, const JsonPath& path) const {
  ToolUseBlock use;
  use.id = TRY(take_string(block, "id", path));
  use.name = TRY(take_string(block, "name", path));
  use.input_json = "{}";
  if (const Json* input = find_member(block, "input")) {
    TRY_VOID(check_object(*input, {&path, "input"}));
    use.input_json = print_json(*input);
  }
  return use;
}

Result<Block> BlockDecoder::tool_result(Json& block, const JsonPath& path) const {
  ToolResultBlock result;
  result.tool_use_id = TRY(take_string(block, "tool_use_id", path));
  result.is_error = TRY(read_bool(block, "is_error", false, path));
  Json* nested = find_member(block, "content");
  if (nested == nullptr) return result;
  std::vector<Block> parts = TRY(content(*nested, {&path, "content"}));
  for (Block& part : parts) {
    if (auto* text = std::get_if<TextBlock>(&part)) {
      result.content.emplace_back(std::move(*text));
    } else if (auto* seen = std::get_if<MediaBlock>(&part)) {
      result.content.emplace_back(std::move(*seen));
    } else if (auto* reference = std::get_if<ToolReferenceBlock>(&part)) {
      result.content.emplace_back(std::move(*reference));
    }
  }
  return result;
}

// Documents of plain text or of blocks are their text; all else is for eyes.
Result<void> BlockDecoder::media(Json& block, MediaBlock::Kind kind, const JsonPath& path,
                                 std::vector<Block>& out) const {
  MediaBlock media;
  media.kind = kind;
  media.title = TRY(take_optional_string(block, "title", path));
  const JsonPath source_path{&path, "source"};
  Json* source = find_member(block, "source");
  if (source == nullptr) return fail_at(source_path, "Field required");
  TRY_VOID(check_object(*source, source_path));
  const std::string type = TRY(take_string(*source, "type", source_path));
  if (type == "content") {
    if (Json* nested = find_member(*source, "content")) {
      std::vector<Block> parts = TRY(content(*nested, {&source_path, "content"}));
      if (!media.title.empty()) out.emplace_back(TextBlock{std::move(media.title)});
      for (Block& part : parts) out.push_back(std::move(part));
    }
    return {};
  }
  if (type == "text") {
    TextBlock text;
    text.text = TRY(take_string(*source, "data", source_path));
    if (!media.title.empty()) out.emplace_back(TextBlock{std::move(media.title)});
    out.emplace_back(std::move(text));
    return {};
  }
  media.media_type = TRY(take_optional_string(*source, "media_type", source_path));
  const char* place = type == "url" ? "url" : type == "file" ? "file_id" : "data";
  media.data = TRY(take_optional_string(*source, place, source_path));
  out.emplace_back(std::move(media));
  return {};
}

// A block of tomorrow: whatever text it has, and never an error.
Result<void> BlockDecoder::unknown(Json& block, const JsonPath& path,
                                   std::vector<Block>& out) const {
  for (const char* key : {"title", "source", "text"}) {
    Json* value = find_member(block, key);
    if (value != nullptr && value->is_string()) {
      out.emplace_back(TextBlock{std::move(value->get_ref<std::string&>())});
    }
  }
  Json* nested = find_member(block, "content");
  if (nested == nullptr) return {};
  auto parts = content(*nested, {&path, "content"});
  if (!parts) return {};
  for (Block& part : *parts) {
    if (std::holds_alternative<TextBlock>(part)) out.push_back(std::move(part));
  }
  return {};
}

}  // namespace

Result<std::vector<Block>> decode_content(Json& content, size_t blocks_max, const JsonPath& path) {
  return BlockDecoder{blocks_max}.content(content, path);
}

Result<std::vector<std::string>> decode_system(Json& system, size_t blocks_max,
                                               const JsonPath& path) {
  std::vector<std::string> texts;
  std::vector<Block> blocks = TRY(decode_content(system, blocks_max, path));
  for (Block& block : blocks) {
    if (auto* text = std::get_if<TextBlock>(&block)) texts.push_back(std::move(text->text));
  }
  return texts;
}

}  // namespace anyclaude
