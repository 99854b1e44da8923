// Buffer pools.
#include <gtest/gtest.h>

#include <rte_mbuf.h>

#include "net/dpdk/eal.hpp"
#include "net/dpdk/test_wire.hpp"

namespace saker::net {
namespace {

TEST(Pools, AreOneBlockWithoutGaps) {
  std::string error;
  ASSERT_NE(start_eal(testing::wire_config("pools", true), error), nullptr) << error;
  rte_mempool* pool = take_pool(PoolKind::receive, 1'000, -1);
  ASSERT_NE(pool, nullptr);
  EXPECT_GE(pool->populated_size, 1'000u);
  ASSERT_EQ(pool->nb_mem_chunks, 1u);
  const std::size_t object = pool->header_size + pool->elt_size + pool->trailer_size;
  EXPECT_LE(STAILQ_FIRST(&pool->mem_list)->len, pool->populated_size * object + 4'096);
  release_pool(pool);
}

TEST(Pools, AreUsedAgain) {
  std::string error;
  ASSERT_NE(start_eal(testing::wire_config("pools", true), error), nullptr) << error;
  rte_mempool* first = take_pool(PoolKind::header, 700, -1);
  rte_mempool* second = take_pool(PoolKind::header, 700, -1);
  ASSERT_TRUE(first != nullptr && second != nullptr);
  EXPECT_NE(first, second);
  release_pool(first);
  EXPECT_EQ(take_pool(PoolKind::header, 600, -1), first);
  release_pool(first);
  release_pool(second);
  EXPECT_EQ(take_pool(PoolKind::receive, 100'000'000, -1), nullptr);  // more than there is
}

}  // namespace
}  // namespace saker::net
