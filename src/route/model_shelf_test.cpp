#include "route/model_shelf.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <random>
#include <thread>

#include "fakes/scripted_backend.h"

namespace anyclaude {
namespace {

constexpr uint64_t gib = 1ull << 30;

// Models of 1 GiB each that say their name, on a machine of as many GiB as a test wants.
class ModelShelfTest : public testing::Test {
 protected:
  // What a model does beside saying its name, and what became of it.
  struct Told {
    std::atomic<int> opened = 0;
    std::atomic<int> alive = 0;
    std::atomic<bool> loads = true;  // else it stays at a half
    std::atomic<bool> fails_to_load = false;
    std::function<bool()> answer_when = [] { return true; };
    std::string opening_fault;
  };

  class Spoken final : public Backend {
   public:
    Spoken(std::string name, Told& told)
        : name_(std::move(name)),
          told_(told),
          inner_({.steps = {busy_until(told.answer_when), say(TextDelta{name_})}}) {
      ++told_.alive;
    }
    ~Spoken() override { --told_.alive; }
    std::string name() const override { return name_; }
    std::vector<ModelInfo> models() const override {
      return {{"local-" + name_, "loaded", 8192, 0}};
    }
    Readiness readiness() const override {
      if (told_.fails_to_load) return {false, true, 0, "no room for " + name_};
      if (!told_.loads) return {false, false, 0.5f, "loading the model"};
      return {.ready = true, .failed = false, .progress = 1, .what = "ready"};
    }
    Report report() const override { return {{"model", name_}}; }
    Result<std::unique_ptr<Generation>> start(Request request) override {
      return inner_.start(std::move(request));
    }
    Result<uint32_t> count_tokens(const Request& request) override {
      return inner_.count_tokens(request);
    }

   private:
    const std::string name_;
    Told& told_;
    ScriptedBackend inner_;
  };

  ModelShelf& make(const std::vector<std::string>& names, uint64_t room = 1000 * gib) {
    room_ = room;
    for (const std::string& name : names) {
      ShelvedModel& model = options_.models.emplace_back();
      model.name = name;
      model.info.id = "local-" + name;
      model.info.description = "of " + name;
      model.bytes = gib;
      model.open = [this, name](uint64_t others) -> Result<std::unique_ptr<Backend>> {
        Told& told = told_[name];
        ++told.opened;
        others_ = others;
        if (!told.opening_fault.empty()) return fail(Error::Kind::not_found, told.opening_fault);
        return std::make_unique<Spoken>(name, told);
      };
      told_[name];  // here, while one thread knows it
    }
    options_.room_bytes = [this](uint64_t loaded) {
      return room_ - std::min(room_.load(), loaded);
    };
    options_.now_s = [this] { return now_s_.load(); };
    shelf_ = std::make_unique<ModelShelf>(std::move(options_), metrics_);
    return *shelf_;
  }

  static Request request_of(const std::string& model) {
    Request request;
    request.model = model;
    return request;
  }

  // What is said, or the error.
  static std::string answer_of(Result<std::unique_ptr<Generation>> started) {
    if (!started) return "refused: " + started.error().message;
    std::string text;
    const auto finish = (*started)->run([&](const Event& event) {
      if (const auto* delta = std::get_if<TextDelta>(&event)) text += delta->text;
      return true;
    });
    return finish ? text : "failed: " + finish.error().message;
  }
  std::string ask(const std::string& model) { return answer_of(shelf_->start(request_of(model))); }

  static void wait_until(const std::function<bool()>& holds) {
    while (!holds()) std::this_thread::yield();
  }
  void wait_until_gone(const std::string& name) {
    wait_until([&] { return told_[name].alive == 0; });
  }

  Metrics metrics_;
  std::map<std::string, Told> told_;
  std::atomic<double> now_s_ = 1'000;
  std::atomic<uint64_t> room_ = 0;
  std::atomic<uint64_t> others_ = 0;
  ShelfOptions options_;
  std::unique_ptr<ModelShelf> shelf_;  // ends first
};

TEST_F(ModelShelfTest, LoadsTheFirstBeforeAnybodyAsks) {
  ModelShelf& shelf = make({"a", "b"});
  wait_until([&] { return shelf.readiness().ready; });
  EXPECT_EQ(told_["a"].opened, 1);
  EXPECT_EQ(told_["b"].opened, 0);
  const auto models = shelf.models();
  ASSERT_EQ(models.size(), 2u);
  EXPECT_EQ(models[0].description, "loaded");
  EXPECT_EQ(models[1].id, "local-b");
  EXPECT_TRUE(models[0].loaded);
  EXPECT_EQ(models[1].description, "of b");
  EXPECT_FALSE(models[1].loaded);
  EXPECT_EQ(shelf.report(), (Report{{"model", "a"}, {"on demand", "local-b"}}));
}

TEST_F(ModelShelfTest, TheNamedModelAnswers) {
  make({"a", "b", "c"});
  EXPECT_EQ(ask("claude-sonnet-4-5"), "a");
  EXPECT_EQ(ask("b"), "b");
  EXPECT_EQ(others_, gib);
  EXPECT_EQ(ask("local-b"), "b");
  EXPECT_EQ(ask("local-a"), "a");
  EXPECT_EQ(told_["a"].opened, 1);
  EXPECT_EQ(told_["b"].opened, 1);
  EXPECT_EQ(told_["c"].opened, 0);
}

TEST_F(ModelShelfTest, TheSmallModelAnswersWhoAsksForAHaiku) {
  options_.small_model = "b";
  make({"a", "b"});
  EXPECT_EQ(ask("claude-Haiku-4-5"), "b");
  EXPECT_EQ(ask("claude-opus-4-5"), "a");
}

TEST_F(ModelShelfTest, HearsFromARequestThatWaitsAndLetsItGo) {
  ModelShelf& shelf = make({"a", "b"});
  told_["b"].loads = false;
  auto waiting = shelf.start(request_of("b"));
  ASSERT_TRUE(waiting);
  EXPECT_EQ((*waiting)->prompt_tokens(), 0u);
  int heard = 0;
  const auto finish = (*waiting)->run([&](const Event& event) {
    EXPECT_TRUE(std::holds_alternative<Waiting>(event));
    return ++heard < 3;
  });
  ASSERT_FALSE(finish);
  EXPECT_EQ(finish.error().kind, Error::Kind::cancelled);
  EXPECT_EQ(ask("a"), "a");  // meanwhile
  told_["b"].loads = true;
  EXPECT_EQ(ask("b"), "b");
  EXPECT_EQ((*shelf.start(request_of("b")))->prompt_tokens(), 10u);
}

TEST_F(ModelShelfTest, WhatIsWantedWhileAnotherIsLoadedComesNext) {
  told_["a"].loads = false;
  ModelShelf& shelf = make({"a", "b"});
  wait_until([&] { return told_["a"].alive == 1; });
  auto waiting = shelf.start(request_of("b"));
  told_["a"].loads = true;
  EXPECT_EQ(answer_of(std::move(waiting)), "b");
}

TEST_F(ModelShelfTest, AnAnswerDoesNotWaitForEver) {
  ModelShelf& shelf = make({"a", "b"});
  told_["b"].loads = false;
  auto waiting = shelf.start(request_of("b"));
  const auto finish = (*waiting)->run([&](const Event&) {
    now_s_ = now_s_ + 200;
    return true;
  });
  ASSERT_FALSE(finish);
  EXPECT_EQ(finish.error().kind, Error::Kind::overloaded);
}

TEST_F(ModelShelfTest, TheLongestUnusedLeavesWhereMemoryIsShort) {
  make({"a", "b", "c"}, 4 * gib);  // for two of them, and what each needs beside
  EXPECT_EQ(ask("a"), "a");
  now_s_ = 1'001;
  EXPECT_EQ(ask("b"), "b");
  now_s_ = 1'002;
  EXPECT_EQ(ask("a"), "a");
  now_s_ = 1'003;
  room_ = 3 * gib;
  EXPECT_EQ(ask("c"), "c");
  EXPECT_EQ(told_["b"].alive, 0);
  EXPECT_EQ(told_["a"].alive, 1);
  EXPECT_EQ(ask("b"), "b");
  EXPECT_EQ(told_["a"].alive, 0);
  EXPECT_EQ(told_["b"].opened, 2);
}

TEST_F(ModelShelfTest, AloneAModelIsTriedHoweverLittleRoomThereIs) {
  make({"a"}, 0);
  EXPECT_EQ(ask("a"), "a");
}

TEST_F(ModelShelfTest, WaitsForAModelInUseAndLetsNobodyGoFirst) {
  std::atomic<bool> answer = false;
  ModelShelf& shelf = make({"a", "b"}, 2 * gib);
  wait_until([&] { return shelf.readiness().ready; });
  told_["a"].answer_when = [&] { return answer.load(); };
  // The script was made with the old one: the model is loaded anew.
  ask("b");
  auto in_use = std::async(std::launch::async, [&] { return ask("a"); });
  wait_until([&] { return told_["a"].opened == 2 && told_["a"].alive == 1; });
  wait_until([&] { return shelf.models()[0].loaded; });
  auto other = shelf.start(request_of("b"));
  auto heard = std::make_shared<std::atomic<int>>(0);
  auto waits = std::async(std::launch::async, [&] {
    return (*other)->run([&, heard](const Event&) { return ++*heard > 0; }).has_value();
  });
  wait_until([&] { return *heard > 1; });
  // It came after the one that waits: the model that is loaded is not its own before.
  auto later = shelf.start(request_of("a"));
  ASSERT_TRUE(later);
  EXPECT_EQ((*later)->prompt_tokens(), 0u);
  EXPECT_EQ(told_["b"].alive, 0);
  answer = true;
  EXPECT_EQ(in_use.get(), "a");
  EXPECT_TRUE(waits.get());
  EXPECT_EQ(told_["b"].opened, 2);
  other->reset();
  EXPECT_EQ(answer_of(std::move(later)), "a");
  EXPECT_EQ(told_["a"].opened, 3);
}

TEST_F(ModelShelfTest, AnIdleModelLeavesAndComesBack) {
  options_.idle_max_s = 60;
  ModelShelf& shelf = make({"a", "b"});
  EXPECT_EQ(ask("b"), "b");
  wait_until([&] { return shelf.readiness().ready; });
  now_s_ = 1'059;
  EXPECT_EQ(ask("a"), "a");
  now_s_ = 1'060;
  wait_until_gone("b");
  EXPECT_EQ(told_["a"].alive, 1);
  now_s_ = 1'119;
  wait_until_gone("a");
  EXPECT_TRUE(shelf.readiness().ready);
  EXPECT_EQ(shelf.abilities().context_tokens, 8192u);
  EXPECT_EQ(ask("a"), "a");
  EXPECT_EQ(told_["a"].opened, 2);
}

TEST_F(ModelShelfTest, AModelInUseIsNotIdle) {
  options_.idle_max_s = 60;
  ModelShelf& shelf = make({"a", "b"});
  wait_until([&] { return shelf.readiness().ready; });
  const auto held = shelf.start(request_of("a"));
  EXPECT_EQ(ask("b"), "b");
  now_s_ = 10'000;
  wait_until_gone("b");
  EXPECT_EQ(told_["a"].alive, 1);
}

TEST_F(ModelShelfTest, TellsWhyAModelIsNotLoadedAndTriesLaterAgain) {
  make({"a", "b"});
  told_["b"].fails_to_load = true;
  EXPECT_EQ(ask("b"), "failed: no room for b");
  EXPECT_EQ(ask("b"), "refused: no room for b");
  EXPECT_EQ(told_["b"].opened, 1);
  wait_until_gone("b");
  EXPECT_EQ(ask("a"), "a");
  told_["b"].fails_to_load = false;
  now_s_ = 1'011;
  EXPECT_EQ(ask("b"), "b");
}

TEST_F(ModelShelfTest, AFileThatIsGoneIsAFaultOfOurs) {
  ModelShelf& shelf = make({"a", "b"});
  told_["b"].opening_fault = "there is no file b";
  EXPECT_EQ(ask("b"), "failed: there is no file b");
  EXPECT_EQ(shelf.start(request_of("b")).error().kind, Error::Kind::internal);
}

TEST_F(ModelShelfTest, AFirstModelThatFailsIsAServerThatFails) {
  told_["a"].fails_to_load = true;
  ModelShelf& shelf = make({"a", "b"});
  wait_until([&] { return shelf.readiness().failed; });
  EXPECT_EQ(shelf.readiness().what, "no room for a");
  EXPECT_TRUE(shelf.models().empty());
}

TEST_F(ModelShelfTest, CountsTokensOnTheNamedModel) {
  ModelShelf& shelf = make({"a", "b"});
  EXPECT_EQ(shelf.count_tokens(request_of("b")), 10u);
  EXPECT_EQ(told_["b"].opened, 1);
}

TEST_F(ModelShelfTest, WhatItCountsIsTaken) {
  make({"a", "b"}, 2 * gib);
  EXPECT_EQ(ask("a"), "a");
  EXPECT_EQ(ask("b"), "b");
  const std::string printed = metrics_.print();
  EXPECT_NE(printed.find("anyclaude_model_loads_total 2\n"), std::string::npos) << printed;
  EXPECT_NE(printed.find("anyclaude_model_unloads_total{reason=\"memory\"} 1\n"),
            std::string::npos);
  EXPECT_NE(printed.find("anyclaude_models_loaded 1\n"), std::string::npos);
}

TEST_F(ModelShelfTest, EachOfManyGetsItsModelOnAMachineForOne) {
  make({"a", "b", "c"}, 2 * gib);
  std::vector<std::thread> clients;
  std::atomic<int> wrong = 0;
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    clients.emplace_back([&, seed] {
      std::mt19937_64 random(seed);
      for (int i = 0; i < 25; ++i) {
        const std::string name(1, static_cast<char>('a' + random() % 3));
        if (ask(name) != name) ++wrong;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(told_["a"].alive + told_["b"].alive + told_["c"].alive, 1);
}

}  // namespace
}  // namespace anyclaude
