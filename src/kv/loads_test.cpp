#include "kv/loads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <string>

#include "fakes/cache_user.h"
#include "fakes/latch.h"
#include "kv/tree.h"

namespace anyclaude {
namespace {

// A disk of which the test says when which piece arrives. Thread-safe.
class SlowDisk {
 public:
  Bytes read(const PieceHead& head) {
    const MutexLock lock(mutex_);
    ++asked_[head.begin];
    changed_.notify_all();
    while (!allowed_[head.begin]) changed_.wait(mutex_);
    return fails_[head.begin] ? nullptr : payload_of({1, head.begin}, head.payload_bytes);
  }
  void allow(uint32_t begin, bool fails = false) {
    const MutexLock lock(mutex_);
    fails_[begin] = fails;
    allowed_[begin] = true;
    changed_.notify_all();
  }
  void allow_all(uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) allow(i);
  }
  void wait_until_asked(uint32_t begin) {
    const MutexLock lock(mutex_);
    while (asked_[begin] == 0) changed_.wait(mutex_);
  }
  uint32_t asked(uint32_t begin) {
    const MutexLock lock(mutex_);
    return asked_[begin];
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::map<uint32_t, uint32_t> asked_ GUARDED_BY(mutex_);
  std::map<uint32_t, bool> allowed_ GUARDED_BY(mutex_);
  std::map<uint32_t, bool> fails_ GUARDED_BY(mutex_);
};

// Counts calls of `ready`.
class Bell {
 public:
  std::function<void()> ring() {
    return [this] {
      const MutexLock lock(mutex_);
      ++rings_;
      changed_.notify_all();
    };
  }
  void wait_for(uint32_t rings) {
    const MutexLock lock(mutex_);
    while (rings_ < rings) changed_.wait(mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  uint32_t rings_ GUARDED_BY(mutex_) = 0;
};

class LoadsTest : public testing::Test {
 protected:
  LoadsTest() { make(1000); }

  void make(uint64_t bytes_ahead_max) {
    loads_.reset();
    loads_ = std::make_unique<PieceLoads>(
        PieceLoads::Options{.threads = 2, .bytes_ahead_max = bytes_ahead_max},
        [this](PieceNode&, const PieceHead& head) { return disk_.read(head); }, cache_metrics_);
  }

  // 100 bytes each; a `d` is on the disk, an `r` in RAM, an `x` nowhere.
  std::vector<PieceLoads::Item> items(const std::string& where) {
    std::vector<PieceLoads::Item> all;
    for (uint32_t i = 0; i < where.size(); ++i) {
      PieceLoads::Item item;
      item.node = where[i] == 'x' ? nullptr : &node_;
      PieceHead head;
      head.begin = i;
      head.payload_bytes = 100;
      item.head = std::make_shared<const PieceHead>(std::move(head));
      if (where[i] == 'r') item.payload = payload_of({1, i}, 100);
      all.push_back(std::move(item));
    }
    return all;
  }

  // The begins of all that can be had now.
  static std::vector<uint32_t> take(PrefixLoad& load) {
    std::vector<uint32_t> begins;
    while (const auto piece = load.next()) {
      EXPECT_EQ(*piece->payload, *payload_of({1, piece->head->begin}, 100));
      begins.push_back(piece->head->begin);
    }
    return begins;
  }

  using Begins = std::vector<uint32_t>;

  Metrics metrics_;
  CacheMetrics cache_metrics_{metrics_};
  PieceNode node_;
  SlowDisk disk_;
  Bell bell_;
  std::unique_ptr<PieceLoads> loads_;
};

TEST_F(LoadsTest, WhatIsInRamIsThereAtOnce) {
  const auto load = loads_->start(nullptr, items("rrr"), {});
  EXPECT_FALSE(load->done());
  EXPECT_EQ(take(*load), (Begins{0, 1, 2}));
  EXPECT_TRUE(load->done());
  EXPECT_FALSE(load->failed());
  EXPECT_TRUE(loads_->start(nullptr, {}, {})->done());
}

TEST_F(LoadsTest, PiecesComeInOrderHoweverTheyArrive) {
  const auto load = loads_->start(nullptr, items("rddrd"), bell_.ring());
  EXPECT_EQ(take(*load), Begins{0});
  disk_.allow(2);
  bell_.wait_for(1);
  EXPECT_EQ(take(*load), Begins{});
  disk_.allow(1);
  bell_.wait_for(2);
  EXPECT_EQ(take(*load), (Begins{1, 2, 3}));
  EXPECT_FALSE(load->done());
  disk_.allow(4);
  bell_.wait_for(3);
  EXPECT_EQ(take(*load), Begins{4});
  EXPECT_TRUE(load->done());
}

TEST_F(LoadsTest, ReadsNoFurtherAheadThanItMay) {
  make(250);
  disk_.allow_all(10);
  const auto load = loads_->start(nullptr, items("dddddd"), bell_.ring());
  bell_.wait_for(2);
  EXPECT_EQ(disk_.asked(2), 0u);
  EXPECT_EQ(load->next()->head->begin, 0u);
  bell_.wait_for(3);
  EXPECT_EQ(disk_.asked(2), 1u);
  EXPECT_EQ(disk_.asked(3), 0u);
  for (uint32_t rings = 3; !load->done(); ++rings) {
    bell_.wait_for(std::min(rings, 6u));
    take(*load);
  }
}

TEST_F(LoadsTest, APieceLargerThanWhatMayBeAheadComesAlone) {
  make(50);
  disk_.allow_all(10);
  const auto load = loads_->start(nullptr, items("dd"), bell_.ring());
  bell_.wait_for(1);
  EXPECT_EQ(disk_.asked(1), 0u);
  EXPECT_EQ(load->next()->head->begin, 0u);
  bell_.wait_for(2);
  EXPECT_EQ(take(*load), Begins{1});
}

TEST_F(LoadsTest, AFailureEndsItBehindWhatIsRight) {
  const auto load = loads_->start(nullptr, items("ddrd"), bell_.ring());
  disk_.wait_until_asked(1);
  disk_.allow(1, true);
  bell_.wait_for(1);
  EXPECT_FALSE(load->failed());  // the first may come yet
  disk_.allow(0);
  bell_.wait_for(2);
  EXPECT_EQ(take(*load), Begins{0});
  EXPECT_TRUE(load->failed());
  EXPECT_FALSE(load->done());
  EXPECT_EQ(disk_.asked(3), 0u);
  EXPECT_EQ(cache_metrics_.loads_failed.value(), 1u);
}

TEST_F(LoadsTest, WhatIsNowhereFailsItAtOnce) {
  const auto load = loads_->start(nullptr, items("rxd"), bell_.ring());
  EXPECT_EQ(take(*load), Begins{0});
  EXPECT_TRUE(load->failed());
}

TEST_F(LoadsTest, EachLoadGetsItsTurn) {
  make(100);  // one piece of each
  const auto one = loads_->start(nullptr, items("dddd"), bell_.ring());
  const auto other = loads_->start(nullptr, items("dddd"), bell_.ring());
  disk_.allow_all(4);
  bell_.wait_for(2);
  EXPECT_TRUE(one->next());
  EXPECT_TRUE(other->next());
}

TEST_F(LoadsTest, IsNotCalledAfterItsDestruction) {
  std::atomic<bool> alive = true;
  std::atomic<uint32_t> late = 0;
  Latch called;
  Latch go_on;
  auto load = loads_->start(nullptr, items("dd"), [&] {
    late += alive ? 0 : 1;
    called.arrive();
    go_on.wait();
    late += alive ? 0 : 1;
  });
  disk_.allow(0);
  ASSERT_TRUE(called.wait());
  std::thread destroyer([&] {
    load.reset();
    alive = false;
  });
  go_on.arrive();
  destroyer.join();
  disk_.allow(1);
  loads_.reset();  // waits for the thread that reads
  EXPECT_EQ(late, 0u);
}

}  // namespace
}  // namespace anyclaude
