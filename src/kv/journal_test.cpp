#include "kv/journal.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "fakes/faulty_files.h"
#include "fakes/temporary_folder.h"
#include "kv/journal_bytes.h"

namespace anyclaude {
namespace {

using Path = std::filesystem::path;
using Model = std::map<std::string, std::string>;

// A journal, and what it gave when it was opened.
class OpenJournal {
 public:
  static Journal::Options options() {
    Journal::Options options;
    options.file = "/state/echo";
    options.retry_time = std::chrono::hours(10);  // nothing here depends on time
    return options;
  }
  explicit OpenJournal(Files& files, Journal::Options options = OpenJournal::options())
      : journal_(Journal::open(
            files, std::move(options),
            [this](std::string_view key, std::span<const uint8_t> value) {
              records_[std::string(key)] = std::string(value.begin(), value.end());
            },
            metrics_)) {}

  bool append(const std::string& key, const std::string& value) {
    return journal_->append(key, bytes_of(value));
  }
  Journal* operator->() { return journal_.get(); }
  const Model& records() const { return records_; }
  uint64_t metric(const std::string& line) const {
    const std::string text = "\n" + metrics_.print();
    const size_t at = text.find("\n" + line + " ");
    return at == std::string::npos ? 0 : std::stoull(text.substr(at + line.size() + 2));
  }
  uint64_t dropped(const std::string& why) const {
    return metric("anyclaude_journal_dropped_records_total{journal=\"echo\",why=\"" + why + "\"}");
  }

 private:
  Metrics metrics_;
  Model records_;
  std::unique_ptr<Journal> journal_;
};

Model read(Files& files) { return OpenJournal(files).records(); }

TEST(Journal, GivesBackTheLastValueOfEveryKey) {
  FaultyFiles files;
  {
    OpenJournal journal(files);
    EXPECT_TRUE(journal.records().empty());
    EXPECT_TRUE(journal->writes());
    EXPECT_TRUE(journal.append("a", "1"));
    EXPECT_TRUE(journal.append("b", std::string("\0x", 2)));
    EXPECT_TRUE(journal.append("a", ""));
  }
  {
    OpenJournal journal(files);
    EXPECT_EQ(journal.records(), (Model{{"a", ""}, {"b", std::string("\0x", 2)}}));
    EXPECT_TRUE(journal.append("c", "3"));
  }
  EXPECT_EQ(read(files).size(), 3u);
}

TEST(Journal, WorksOnTheRealDisk) {
  const TemporaryFolder folder;
  Journal::Options options = OpenJournal::options();
  options.file = folder.path() / "deep" / "echo";
  for (int i = 0; i < 3; ++i) {
    OpenJournal journal(real_files(), options);
    EXPECT_EQ(journal.records().size(), static_cast<size_t>(i));
    EXPECT_TRUE(journal.append(std::to_string(i), "value"));
  }
}

TEST(Journal, NobodyWaitsAndManyRecordsAreSyncedAtOnce) {
  FaultyFiles files;
  Journal::Options options = OpenJournal::options();
  options.queue_bytes_max = 100 * (journal_record_bytes_more + 4);
  OpenJournal journal(files, options);
  journal.append("first", "1");
  journal->settle();
  files.hold(DiskCall::sync);
  const uint64_t before = files.calls(DiskCall::sync);
  size_t taken = 0;
  for (int i = 100; i < 500; ++i) taken += journal.append(std::to_string(i), "v") ? 1 : 0;
  EXPECT_LT(taken, 400u);
  EXPECT_GE(taken, 100u);
  EXPECT_EQ(journal.dropped("queue_full"), 400 - taken);
  files.release(DiskCall::sync);
  journal->settle();
  EXPECT_LE(files.calls(DiskCall::sync), before + 3);
  EXPECT_EQ(read(files).size(), taken + 1);
}

TEST(Journal, StaysBelowItsLimitAndKeepsTheNewest) {
  FaultyFiles files;
  Journal::Options options = OpenJournal::options();
  options.bytes_max = 4000;
  const std::string value(50, 'v');
  {
    OpenJournal journal(files, options);
    for (int i = 1000; i < 2000; ++i) {
      EXPECT_TRUE(journal.append(std::to_string(i), value));
      if (i % 7 == 0) journal->settle();
    }
    EXPECT_FALSE(journal.append("long", std::string(1000, 'v')));
    journal->settle();
    EXPECT_LE(files.contents("/state/echo").size(), 4000u);
    EXPECT_EQ(journal.metric("anyclaude_journal_bytes{journal=\"echo\"}"),
              files.contents("/state/echo").size());
  }
  const Model records = read(files);
  EXPECT_GE(records.size(), 20u);
  for (int i = 1980; i < 2000; ++i) EXPECT_TRUE(records.contains(std::to_string(i)));
  // The same key again and again costs nothing.
  {
    OpenJournal journal(files, options);
    for (int i = 0; i < 1000; ++i) {
      journal.append("same", std::to_string(i));
      if (i % 7 == 0) journal->settle();
    }
  }
  EXPECT_EQ(read(files).at("same"), "999");
  EXPECT_TRUE(read(files).contains("1999"));
}

TEST(Journal, ACrashAtAnyPointLosesNothingThatWasSynced) {
  bool crashed = true;
  size_t survived = 0;
  for (uint64_t calls = 1; crashed; ++calls) {
    FaultyFiles files(calls);
    files.crash_after(calls);
    std::map<std::string, int> synced;
    std::map<std::string, int> last;
    Journal::Options options = OpenJournal::options();
    options.bytes_max = 1500;  // made anew now and then; five keys always fit
    for (int life = 0; life < 2; ++life) {
      OpenJournal journal(files, options);
      for (int i = 0; i < 40; ++i) {
        const std::string key(1, static_cast<char>('a' + i % 5));
        last[key] = life * 100 + i;
        journal.append(key, std::to_string(last[key]) + std::string(20, ' '));
        if (i % 3 != 0) continue;
        journal->settle();
        if (!files.crashed()) synced = last;
      }
    }
    crashed = files.crashed();
    files.crash();
    files.restart();
    const Model records = read(files);
    for (const auto& [key, value] : synced) {
      ASSERT_TRUE(records.contains(key)) << key << " after " << calls;
      EXPECT_GE(std::stoi(records.at(key)), value) << key << " after " << calls;
    }
    for (const auto& [key, value] : records) {
      EXPECT_LE(std::stoi(value), last[key]);
      EXPECT_EQ(value.size(), std::to_string(std::stoi(value)).size() + 20);
    }
    survived += synced.size();
  }
  EXPECT_GT(survived, 100u);
}

TEST(Journal, ATornEndIsCutOffAndWhatIsAppendedAfterwardsIsKept) {
  FaultyFiles files;
  {
    OpenJournal journal(files);
    journal.append("a", "1");
    journal.append("b", "2");
  }
  const auto whole = files.contents("/state/echo");
  const size_t one = journal_head_bytes + journal_record_bytes_more + 2;
  for (size_t size = one; size < whole.size(); ++size) {
    for (const bool zeros : {false, true}) {
      auto torn = whole;
      torn.resize(size);
      if (zeros) torn.resize(whole.size() + 100);
      files.put("/state/echo", torn);
      {
        OpenJournal journal(files);
        EXPECT_EQ(journal.records(), (Model{{"a", "1"}}));
        journal.append("c", "3");
      }
      EXPECT_EQ(read(files), (Model{{"a", "1"}, {"c", "3"}}));
    }
  }
}

TEST(Journal, ADamagedRecordCostsNoOther) {
  FaultyFiles files;
  {
    OpenJournal journal(files);
    for (const char* key : {"a", "b", "c"}) journal.append(key, "value");
  }
  const size_t record = journal_record_bytes_more + 6;
  files.flip("/state/echo", journal_head_bytes + record + journal_record_bytes_more + 3);
  EXPECT_EQ(read(files), (Model{{"a", "value"}, {"c", "value"}}));
}

TEST(Journal, WhatIsNoJournalIsSetAside) {
  for (const std::string what : {"no journal", "ANYKVLOG", ""}) {
    FaultyFiles files;
    files.put("/state/echo", {what.begin(), what.end()});
    {
      OpenJournal journal(files);
      EXPECT_TRUE(journal.records().empty());
      EXPECT_NE(journal->problem(), "");
      EXPECT_TRUE(journal.append("a", "1"));
      journal->settle();
      EXPECT_EQ(journal->problem(), "");
    }
    EXPECT_EQ(read(files), (Model{{"a", "1"}}));
    EXPECT_EQ(files.contents("/state/echo.bad"), std::vector<uint8_t>(what.begin(), what.end()));
  }
}

TEST(Journal, AFailureIsMendedWithTheNextWrite) {
  for (const DiskCall call : {DiskCall::write, DiskCall::sync}) {
    FaultyFiles files;
    {
      OpenJournal journal(files);
      journal.append("a", "1");
      journal->settle();
      files.fail_next(call);
      journal.append("b", "2");  // written anew at once
      journal->settle();
      files.fail_next(call, 2);
      journal.append("c", "3");
      journal->settle();
      EXPECT_EQ(journal.dropped("failed"), 1u);
      EXPECT_NE(journal->problem(), "");
      journal->settle();  // does not wait for the retry time: what comes now is written
      journal.append("d", "4");
      journal->settle();
      EXPECT_EQ(journal->problem(), "");
      files.crash(FaultyFiles::Unsynced::lost);
    }
    files.restart();
    Model records = read(files);
    records.erase("c");  // may be there or not
    EXPECT_EQ(records, (Model{{"a", "1"}, {"b", "2"}, {"d", "4"}})) << static_cast<int>(call);
  }
}

TEST(Journal, AFullDiskCostsWhatIsAppendedMeanwhile) {
  FaultyFiles files;
  {
    OpenJournal journal(files);
    journal.append("a", "1");
    journal->settle();
    files.set_bytes_max(files.bytes() + 5);
    journal.append("b", "2");
    journal.append("b", "3");
    journal->settle();
    EXPECT_NE(journal->problem(), "");
    files.set_bytes_max(UINT64_MAX);
    journal->settle();
    journal.append("c", "3");
  }
  Model records = read(files);
  records.erase("b");
  EXPECT_EQ(records, (Model{{"a", "1"}, {"c", "3"}}));
  EXPECT_FALSE(files.exists("/state/echo.tmp"));
}

TEST(Journal, OneProcessWritesAndAnotherTakesOver) {
  FaultyFiles files;
  auto first = std::make_unique<OpenJournal>(files);
  first->append("a", "1");
  (*first)->settle();
  OpenJournal second(files);
  EXPECT_EQ(second.records(), (Model{{"a", "1"}}));
  EXPECT_FALSE(second->writes());
  EXPECT_FALSE(second.append("x", "9"));
  EXPECT_EQ(second.dropped("not_writer"), 1u);
  first->append("b", "2");
  first.reset();
  second->settle();
  EXPECT_TRUE(second->writes());
  EXPECT_TRUE(second.append("c", "3"));
  second->settle();
  EXPECT_EQ(read(files), (Model{{"a", "1"}, {"b", "2"}, {"c", "3"}}));
}

TEST(Journal, ADeletedFolderIsMadeAnew) {
  FaultyFiles files;
  OpenJournal journal(files);
  journal.append("a", "1");
  journal->settle();
  files.remove_all("/state");
  journal.append("b", "2");
  journal->settle();
  EXPECT_EQ(read(files), (Model{{"b", "2"}}));
  ASSERT_TRUE(files.remove("/state/echo"));  // and a deleted file
  journal.append("c", "3");
  journal->settle();
  EXPECT_EQ(read(files), (Model{{"c", "3"}}));
  auto torn = files.contents("/state/echo");  // or one that somebody has cut
  torn.pop_back();
  files.put("/state/echo", torn);
  journal.append("d", "4");
  journal->settle();
  EXPECT_EQ(read(files), (Model{{"d", "4"}}));
}

TEST(Journal, RefusesWhatItCouldNotKeep) {
  FaultyFiles files;
  OpenJournal journal(files);
  EXPECT_FALSE(journal.append("", "value"));
  EXPECT_FALSE(journal.append("key", std::string(17u << 20, 'v')));
  EXPECT_EQ(journal.dropped("invalid"), 2u);
}

}  // namespace
}  // namespace anyclaude
