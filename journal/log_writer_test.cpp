#include "journal/log_writer.hpp"

#include <gtest/gtest.h>

#include "journal/posix_storage.hpp"
#include "journal/test_log.hpp"

namespace saker::journal {
namespace {

TEST(LogWriter, WhatIsWrittenIsRead) {
  MemoryStorage storage;
  TestLog log(storage, small_config(), {});
  ASSERT_TRUE(log.writer.start());
  EXPECT_EQ(log.writer.room(), Room::none);
  log.settle();
  EXPECT_EQ(log.writer.room(), Room::normal);
  log.write_batches({1, 3, 1, 20, 7, 30, 30, 30, 2});
  EXPECT_EQ(log.writer.durable_sequence(), 124u);
  EXPECT_GE(storage.files().size(), 4u);

  LogReader reader(storage, ReadMode::sealed);
  Sequence last = 0;
  EXPECT_EQ(read_all(reader, last), ReadKind::end);
  EXPECT_EQ(last, 124u);
}

}  // namespace
}  // namespace saker::journal
