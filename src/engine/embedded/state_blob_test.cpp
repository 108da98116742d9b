// State bytes of models of each form: read completely, and refused where anything but the payload
// is not as it must be.
#include "engine/embedded/state_blob.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "engine/embedded/batch.h"
#include "engine/embedded/model.h"
#include "fakes/named_models.h"

namespace anyclaude {
namespace {

constexpr uint32_t length = 40;

class StateBlob : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    EmbeddedOptions options;
    options.model_path = test::named_model(GetParam());
    options.context_tokens = options.cache_cells = 1024;
    options.sequences_max = 2;
    options.threads = 1;
    auto model = Model::load(options, [](float) { return true; });
    ASSERT_TRUE(model) << model.error().message;
    model_ = std::move(*model);
    cells_ = std::make_unique<Cells>(model_->context(), model_->memory());
    ASSERT_TRUE(cells_->movable());
    Batch batch(length);
    for (uint32_t i = 0; i < length; ++i) {
      batch.add(static_cast<Token>(100 + i), i, 0, false);
    }
    ASSERT_EQ(batch.decode(model_->context()), Decoded::done);
    const Bytes one = cells_->extract_range(0, 0, 1);
    std::vector<uint8_t> tail;  // of a model with windows: the section of those, without cells
    if (model_->memory().kind == MemoryKind::window) tail = {1, 0, 0, 0, 0, 0, 0, 0};
    const auto shape = learn_shape(*one, tail);
    ASSERT_TRUE(shape);
    shape_ = *shape;
  }

  bool fits(const std::vector<uint8_t>& state) const {
    return positions_in(state, shape_).has_value();
  }

  // The first tokens of such a state, into sequence 1.
  Cells::Restored put(const std::vector<uint8_t>& state, uint32_t tokens) {
    const Cells::Range range{0, length, std::make_shared<std::vector<uint8_t>>(state), 0, tokens};
    return cells_->fits_range(range) ? cells_->restore_ranges(1, {&range, 1})
                                     : Cells::Restored::wrong;
  }

  std::unique_ptr<Model> model_;
  std::unique_ptr<Cells> cells_;
  StateShape shape_;
};

TEST_P(StateBlob, TellsWhichTokensItHolds) {
  const Bytes state = cells_->extract_range(0, 7, 31);
  const auto sections = positions_in(*state, shape_);
  ASSERT_TRUE(sections);
  ASSERT_EQ(sections->size(), 1u);
  const std::vector<uint32_t>& positions = sections->front();
  ASSERT_EQ(positions.size(), 24u);
  EXPECT_EQ(positions.front(), 7u);
  EXPECT_EQ(positions.back(), 30u);
}

TEST_P(StateBlob, GoesBackAsItCame) {
  const Bytes state = cells_->extract_range(0, 0, length);
  ASSERT_EQ(put(*state, length), Cells::Restored::done);
  const Bytes again = cells_->extract_range(1, 0, length);
  EXPECT_EQ(*again, *state);
  // A part of it too.
  cells_->clear(1);
  ASSERT_EQ(put(*state, 17), Cells::Restored::done);
  EXPECT_EQ(*cells_->extract_range(1, 0, 17), *cells_->extract_range(0, 0, 17));
}

// Of each what is wanted, as if they had been extracted at once.
TEST_P(StateBlob, SeveralAreJoined) {
  ASSERT_TRUE(can_join(shape_));
  const std::vector<Cells::Range> ranges = {
      {0, 16, cells_->extract_range(0, 0, 16), 0, 11},
      {11, 32, cells_->extract_range(0, 11, 32), 11, 32},
      {32, length, cells_->extract_range(0, 32, length), 32, length - 3}};
  for (const Cells::Range& range : ranges) EXPECT_TRUE(cells_->fits_range(range));
  const auto expected = cells_->extract_range(0, 0, length - 3);
  ASSERT_EQ(cells_->restore_ranges(1, ranges), Cells::Restored::done);
  EXPECT_EQ(*cells_->extract_range(1, 0, length - 3), *expected);
  // In two steps: the second one adds to what is there.
  cells_->clear(1);
  const auto all = std::span(ranges);
  ASSERT_EQ(cells_->restore_ranges(1, all.first(1)), Cells::Restored::done);
  ASSERT_EQ(cells_->restore_ranges(1, all.subspan(1)), Cells::Restored::done);
  EXPECT_EQ(*cells_->extract_range(1, 0, length - 3), *expected);
}

TEST_P(StateBlob, RefusesEveryLengthButItsOwn) {
  std::vector<uint8_t> state = *cells_->extract_range(0, 0, length);
  EXPECT_TRUE(fits(state));
  for (size_t cut = 1; cut < 200; ++cut) {
    EXPECT_FALSE(fits({state.begin(), state.end() - static_cast<std::ptrdiff_t>(cut)}));
    EXPECT_FALSE(fits({state.begin(), state.begin() + static_cast<std::ptrdiff_t>(cut)}));
  }
  EXPECT_FALSE(fits({}));
  state.push_back(0);
  EXPECT_FALSE(fits(state));
}

// What a change leaves acceptable has the same positions, so only numbers of the payload differ.
TEST_P(StateBlob, RefusesChangedWords) {
  const std::vector<uint8_t> state = *cells_->extract_range(0, 0, length);
  const auto positions = positions_in(state, shape_);
  std::mt19937 random(7);
  const size_t head = 16 + length * (12 + shape_.extension_bytes) + 8 + 12;
  uint32_t refused = 0;
  uint32_t tried = 0;
  const auto try_word = [&](size_t at, uint32_t word) {
    std::vector<uint8_t> changed = state;
    std::memcpy(changed.data() + at, &word, sizeof word);
    if (changed == state) return;
    ++tried;
    const auto found = positions_in(changed, shape_);
    if (!found) {
      ++refused;
    } else if (found != positions) {
      EXPECT_NE(put(changed, length), Cells::Restored::done);
    } else {
      EXPECT_EQ(put(changed, length), Cells::Restored::done);
      cells_->clear(1);
    }
  };
  for (size_t at = 0; at < head; at += 4) {
    for (const uint32_t word : {0u, 1u, 7u, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu}) {
      try_word(at, word);
    }
  }
  for (int i = 0; i < 1000; ++i) {
    try_word(random() % (state.size() - 4), static_cast<uint32_t>(random()));
  }
  std::printf("[  words   ] %u of %u changes refused; the others hit the payload\n", refused,
              tried);
  EXPECT_GT(refused, 300u);
  EXPECT_TRUE(positions_in(state, shape_) == positions);
}

INSTANTIATE_TEST_SUITE_P(Models, StateBlob, testing::Values("smollm2", "gemma"),
                         [](const auto& info) { return std::string(info.param); });

// Changed points, of models that have them: each is refused, or holds other numbers and nothing
// else that is wrong, so the model goes on computing.
class PointBlob : public testing::TestWithParam<const char*> {};

TEST_P(PointBlob, RefusesChangedWords) {
  EmbeddedOptions options;
  options.model_path = test::named_model(GetParam());
  options.context_tokens = options.cache_cells = 1024;
  options.sequences_max = 2;
  options.threads = 1;
  auto model = Model::load(options, [](float) { return true; });
  ASSERT_TRUE(model) << model.error().message;
  llama_context* context = (*model)->context();
  Cells cells(context, (*model)->memory());
  Batch batch(length);
  for (uint32_t i = 0; i < length; ++i) batch.add(static_cast<Token>(20 + i), i, 0, false);
  ASSERT_EQ(batch.decode(context), Decoded::done);
  const auto point = cells.take_checkpoint(0, length);
  ASSERT_TRUE(point);

  std::mt19937 random(7);
  const size_t words = point->bytes->size() / 4;
  const size_t head = std::min<size_t>(words, 16 + 3 * length);
  uint32_t refused = 0;
  for (int i = 0; i < 2000; ++i) {
    std::vector<uint8_t> changed = *point->bytes;
    const size_t at = 4 * (i % 2 == 0 ? random() % head : random() % words);
    const auto word = static_cast<uint32_t>(i % 4 < 2 ? random() : random() % 8);
    std::memcpy(changed.data() + at, &word, sizeof word);
    if (random() % 4 == 0) changed.resize(random() % changed.size());
    if (cells.restore_point(0, length, changed) != Cells::Restored::done) ++refused;
  }
  std::printf("[  points  ] %s: %u of 2000 changes refused\n", GetParam(), refused);
  EXPECT_GT(refused, 500u);
  EXPECT_EQ(cells.restore_point(0, length, *point->bytes), Cells::Restored::done);
  EXPECT_EQ(*cells.take_checkpoint(0, length)->bytes, *point->bytes);
}

INSTANTIATE_TEST_SUITE_P(Models, PointBlob,
                         testing::Values("qwen35-dense", "lfm2-dense", "mamba2-dense",
                                         "gemma3-dense", "deepseek32-moe"),
                         [](const auto& info) { return test::instance_name(info.param); });

}  // namespace
}  // namespace anyclaude
