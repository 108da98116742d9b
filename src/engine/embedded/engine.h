// The engine's thread: takes jobs, finds what of their prompts is in the cells, computes the rest
// in chunks beside running answers, and samples.
//
// Every turn of its loop: take new jobs and drop cancelled ones; one decode step for all answers
// under way; one prefill chunk of the most urgent prompt, when the answers have had their share of
// the time. A prompt that another task is computing at this moment is not computed again: that task
// goes first.
#pragma once

#include <atomic>
#include <chrono>
#include <list>
#include <memory>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "base/sync.h"
#include "engine/embedded/cells.h"
#include "engine/embedded/job.h"
#include "engine/embedded/model.h"
#include "engine/embedded/schedule.h"
#include "engine/embedded/sequences.h"
#include "llama.h"

namespace anyclaude {

class Engine {
 public:
  struct Options {
    uint32_t requests_max = 256;
    bool trust_copies_for_test = false;  // Cells::trust_copies_for_test
  };

  // The model must outlive it.
  Engine(Model& model, Options options, Metrics& metrics);
  ~Engine();  // cancels what is running and joins the thread

  // Thread-safe. Error::overloaded when `requests_max` are under way.
  Result<void> submit(std::shared_ptr<Job> job, common_sampler_ptr sampler);

  const Memory& memory() const { return memory_; }

 private:
  using Tasks = std::list<Task>;
  struct Arrival {
    std::shared_ptr<Job> job;
    common_sampler_ptr sampler;
  };
  enum class Decoded { done, no_room, failed };

  void loop();
  bool take_arrivals();
  void add_task(Arrival arrival);
  void drop_cancelled();
  void report_phases();

  void decode_step();
  void prefill_chunk();
  Task* most_urgent_prefill();
  Task* computing_prefix_of(const Task& task);
  bool begin(Task& task);
  void note_branches(Task& task);
  void compute(Task& task, uint32_t end);
  void sample(Task& task, int32_t batch_index);
  void force(Task& task);
  void accept(Task& task, Token token);
  void show_logits(const Task& task);
  void count_prefill(Task& task, uint32_t begin, uint32_t end);
  void refresh_estimates();

  void add_to_batch(Token token, uint32_t position, SequenceId sequence, bool logits);
  Decoded decode_batch();
  bool make_room(const Task* keep);
  void finish(Task& task, Job::End end, std::string error = {});
  void put_back(Task& task);

  // Constant after construction.
  Model& model_;
  Options options_;
  Memory memory_;
  Metrics& metrics_;
  Counter& prefill_tokens_;
  Counter& recomputed_tokens_;
  Counter& reused_tokens_;
  Counter& decoded_tokens_;
  Counter& failures_;
  Histogram& chunk_seconds_;
  Gauge& queued_;
  Gauge& prefilling_;
  Gauge& decoding_;
  Gauge& idle_tokens_;

  // Owned by the engine's thread.
  Cells cells_;
  Sequences sequences_;
  Tasks tasks_;
  llama_batch batch_;
  std::chrono::duration<double> prefill_debt_{0};  // time that answers may take before a prefill

  Mutex mutex_;
  CondVar arrived_;
  std::vector<Arrival> inbox_ GUARDED_BY(mutex_);
  std::atomic<uint32_t> under_way_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace anyclaude
