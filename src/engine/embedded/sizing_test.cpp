#include "engine/embedded/sizing.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

constexpr uint64_t gib = 1ull << 30;

SizingFacts small_model() {
  SizingFacts facts;
  facts.trained = 8192;
  facts.memory_free_bytes = 16 * gib;
  facts.model_bytes = gib / 8;
  facts.cell_bytes = 23 * 1024;
  facts.cores = 4;
  facts.memory = {MemoryKind::dense};
  return facts;
}

TEST(Sizing, ASmallModelGetsItsWholeContextAndRoomForOthers) {
  const ModelSizes sizes = choose_sizes({}, small_model()).value();
  EXPECT_EQ(sizes.context, 8192u);
  EXPECT_EQ(sizes.cells, 4 * 8192u);
  EXPECT_EQ(sizes.sequences, 16u);
  EXPECT_EQ(sizes.threads, 4u);
  EXPECT_EQ(sizes.checkpoint_bytes_max, 0u);
}

TEST(Sizing, CellsStayInsideTheBudget) {
  SizingFacts facts = small_model();
  facts.trained = 262144;
  facts.cell_bytes = 96 * 1024;
  facts.model_bytes = 4 * gib;
  const ModelSizes sizes = choose_sizes({}, facts).value();
  EXPECT_LE(sizes.cells * facts.cell_bytes, (facts.memory_free_bytes - facts.model_bytes) / 2);
  EXPECT_GE(sizes.context, 32768u);
  EXPECT_GE(sizes.cells, sizes.context);
}

TEST(Sizing, AFullMachineStillServesASmallContext) {
  SizingFacts facts = small_model();
  facts.memory_free_bytes = gib / 16;
  const ModelSizes sizes = choose_sizes({}, facts).value();
  EXPECT_EQ(sizes.context, 2048u);
  EXPECT_EQ(sizes.cells, 2048u);
}

TEST(Sizing, WindowsTakeTheirShareOfTheBudget) {
  SizingFacts facts = small_model();
  facts.memory = {MemoryKind::window, 1024};
  facts.sequence_bytes = gib / 2;
  const ModelSizes sizes = choose_sizes({}, facts).value();
  EXPECT_GE(sizes.sequences, 2u);
  EXPECT_LE(sizes.sequences * facts.sequence_bytes, 2 * gib);
  EXPECT_GT(sizes.checkpoint_bytes_max, 0u);
}

TEST(Sizing, StatesThatCannotBeCutGetRoomForCheckpoints) {
  for (const MemoryKind kind : {MemoryKind::hybrid, MemoryKind::recurrent, MemoryKind::whole}) {
    SizingFacts facts = small_model();
    facts.memory = {kind};
    EXPECT_GT(choose_sizes({}, facts).value().checkpoint_bytes_max, 0u);
  }
}

TEST(Sizing, WhatIsSetIsKept) {
  EmbeddedOptions options;
  options.context_tokens = 1000;
  options.cache_cells = 3000;
  options.sequences_max = 3;
  options.batch_tokens = 64;
  options.threads = 1;
  const ModelSizes sizes = choose_sizes(options, small_model()).value();
  EXPECT_EQ(sizes.context, 1000u);
  EXPECT_EQ(sizes.cells, 3072u);  // padded as libllama pads
  EXPECT_EQ(sizes.sequences, 3u);
  EXPECT_EQ(sizes.batch, 64u);
  EXPECT_EQ(sizes.threads, 1u);
  options.sequences_max = 1000;
  EXPECT_FALSE(choose_sizes(options, small_model()));
}

TEST(Sizing, NoMoreCellsThanContextWhereThatWouldChangeTheModel) {
  SizingFacts facts = small_model();
  facts.context_changes_rope = true;
  EXPECT_EQ(choose_sizes({}, facts).value().cells, 8192u);
}

TEST(Sizing, MemoryKindsKnowWhatTheNextTokenLooksAt) {
  const Memory window{MemoryKind::window, 512};
  EXPECT_EQ(window.needed_from(100), 0u);
  EXPECT_EQ(window.needed_from(512), 1u);
  EXPECT_EQ(window.needed_from(2000), 1489u);
  const Memory chunked{MemoryKind::window, 512, true};
  EXPECT_EQ(chunked.needed_from(511), 0u);
  EXPECT_EQ(chunked.needed_from(512), 512u);
  EXPECT_EQ(chunked.needed_from(1000), 512u);
  EXPECT_EQ(Memory{MemoryKind::dense}.needed_from(2000), 0u);
}

}  // namespace
}  // namespace anyclaude
