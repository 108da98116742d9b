#include "protocol/models_report.h"

#include "protocol/described_json.h"

namespace anyclaude {

template <class Fields>
void describe(StoredModelReport& model, Fields field) {
  field("name", model.name);
  field("short_name", model.short_name);
  field("repository", model.repository);
  field("path", model.path);
  field("bytes", model.bytes);
  field("quant", model.quant);
  field("description", model.description);
  field("context", model.context);
  field("complete", model.complete);
  field("default", model.is_default);
}

template <class Fields>
void describe(StoredModelList& list, Fields field) {
  field("folder", list.folder);
  field("models", list.models);
}

template <class Fields>
void describe(KnownModelReport& model, Fields field) {
  field("name", model.name);
  field("repository", model.repository);
  field("quant", model.quant);
  field("bytes", model.bytes);
  field("memory_gb", model.memory_gb);
  field("description", model.description);
  field("stored", model.stored);
}

template <class Fields>
void describe(KnownModelList& list, Fields field) {
  field("memory_bytes", list.memory_bytes);
  field("models", list.models);
}

template <class Fields>
void describe(PullReport& report, Fields field) {
  field("name", report.name);
  field("path", report.path);
  field("bytes", report.bytes);
  field("bytes_fetched", report.bytes_fetched);
  field("files", report.files);
}

template <class Fields>
void describe(RemoveReport& report, Fields field) {
  field("name", report.name);
  field("bytes", report.bytes);
  field("files", report.files);
}

std::string encode(const StoredModelList& list) { return described_json::print(list); }
std::string encode(const KnownModelList& list) { return described_json::print(list); }
std::string encode(const PullReport& report) { return described_json::print(report); }
std::string encode(const RemoveReport& report) { return described_json::print(report); }

}  // namespace anyclaude
