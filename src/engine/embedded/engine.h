// The engine's thread: takes jobs, finds what of their prompts is in the cells, computes the rest
// in chunks beside running answers, and samples.
//
// Every turn of its loop: take new jobs and drop cancelled ones; put back what has arrived from the
// cache; one decode step for all answers under way; one prefill chunk of the most urgent prompt,
// when the answers have had their share of the time. A prompt that another task is computing or
// restoring at this moment is not computed again: that task goes first. What was computed goes into
// the cache when there is nothing else to do, and in half a hundredth of the time otherwise.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "base/sync.h"
#include "engine/embedded/batch.h"
#include "engine/embedded/cells.h"
#include "engine/embedded/engine_metrics.h"
#include "engine/embedded/job.h"
#include "engine/embedded/keeper.h"
#include "engine/embedded/model.h"
#include "engine/embedded/pauses.h"
#include "engine/embedded/sequences.h"
#include "engine/embedded/task_queue.h"
#include "kv/cache.h"

namespace anyclaude {

class Engine {
 public:
  struct Options {
    uint32_t requests_max = 256;
    bool trust_copies_for_test = false;       // Cells::trust_copies_for_test
    std::chrono::milliseconds pause{60'000};  // of a conversation, before it leaves the cells
  };

  // `cache` may be null: nothing is kept beyond the cells. All must outlive it.
  Engine(Model& model, Options options, KvCache* cache, Metrics& metrics);
  ~Engine();  // cancels what is running and joins the thread

  // Thread-safe. Error::overloaded when `requests_max` are under way.
  Result<void> submit(std::shared_ptr<Job> job, common_sampler_ptr sampler);

  // Thread-safe. A request of this conversation will come soon: what left the cells comes back.
  void expect(std::string conversation);

  const Memory& memory() const { return memory_; }

 private:
  struct Arrival {
    std::shared_ptr<Job> job;
    common_sampler_ptr sampler;
  };

  void loop();
  bool take_arrivals();
  void wait_for_change();
  void drop_cancelled();
  void report_phases();

  bool decode_step();
  bool prefill_chunk();
  bool begin(Task& task);
  void start_computing(Task& task);
  bool restore_step();
  void stop_restoring(Task& task);
  void keep_the_rest();
  void compute(Task& task, uint32_t end);
  void sample(Task& task, int32_t batch_index);
  void force(Task& task);
  void accept(Task& task, Token token);
  void show_logits(const Task& task);
  void count_prefill(Task& task, uint32_t begin, uint32_t end);

  Decoded decode_batch();
  bool make_room(const Task* keep);
  bool make_room_to_restore(Task& task);
  void finish(Task& task, Job::End end, std::string error = {});
  void put_back(Task& task);

  // Constant after construction.
  Model& model_;
  Options options_;
  Memory memory_;
  EngineMetrics metrics_;

  // Owned by the engine's thread.
  Cells cells_;
  Sequences sequences_;
  Keeper keeper_;
  Pauses pauses_;
  TaskQueue tasks_;
  Batch batch_;
  std::chrono::duration<double> prefill_debt_{0};    // time that answers may take before a prefill
  std::chrono::duration<double> keeping_credit_{0};  // time that storing may take beside work

  Mutex mutex_;
  CondVar arrived_;
  std::vector<Arrival> inbox_ GUARDED_BY(mutex_);
  std::vector<std::string> expected_ GUARDED_BY(mutex_);  // conversations
  bool restored_some_ GUARDED_BY(mutex_) = false;         // bytes have come from the cache
  std::atomic<uint32_t> under_way_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace anyclaude
