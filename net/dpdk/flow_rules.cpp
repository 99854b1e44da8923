// The allow list as rules of the card (rte_flow): ARP, ICMP and IPv4 from the allowed peers pass,
// the rest is dropped before it costs anything. The transport checks the list all the same.
#include <vector>

#include <rte_flow.h>

#include "net/dpdk/device.hpp"

namespace saker::net {

namespace {

class Rules {
 public:
  explicit Rules(std::uint16_t port) : port_(port) {}

  bool add(std::uint32_t priority, const rte_flow_item* pattern, const rte_flow_action* actions) {
    rte_flow_attr attributes{};
    attributes.ingress = 1;
    attributes.priority = priority;
    rte_flow_error error{};
    if (rte_flow_validate(port_, &attributes, pattern, actions, &error) != 0) {
      return refuse("the driver has no such rule", error);
    }
    rte_flow* rule = rte_flow_create(port_, &attributes, pattern, actions, &error);
    if (rule == nullptr) return refuse("the card takes no more rules", error);
    made_.push_back(rule);
    return true;
  }

  void take_back() {
    for (rte_flow* rule : made_) {
      rte_flow_error error{};
      (void)rte_flow_destroy(port_, rule, &error);
    }
    made_.clear();
  }

  const std::string& why() const { return why_; }

 private:
  bool refuse(const char* what, const rte_flow_error& error) {
    why_ = what;
    if (error.message != nullptr) why_ += std::string(" (") + error.message + ")";
    return false;
  }

  std::uint16_t port_;
  std::vector<rte_flow*> made_;
  std::string why_;
};

bool pass_peer(Rules& rules, const AllowedPeers& peers, const rte_flow_action* actions) {
  rte_flow_item_ipv4 from{};
  rte_flow_item_ipv4 mask{};
  from.hdr.src_addr = __builtin_bswap32(peers.address);
  mask.hdr.src_addr = __builtin_bswap32(peers.netmask);
  const rte_flow_item pattern[] = {{RTE_FLOW_ITEM_TYPE_ETH, nullptr, nullptr, nullptr},
                                   {RTE_FLOW_ITEM_TYPE_IPV4, &from, nullptr, &mask},
                                   {RTE_FLOW_ITEM_TYPE_END, nullptr, nullptr, nullptr}};
  return rules.add(0, pattern, actions);
}

bool pass_type(Rules& rules, std::uint16_t type, const rte_flow_action* actions) {
  rte_flow_item_eth ethernet{};
  rte_flow_item_eth mask{};
  ethernet.type = __builtin_bswap16(type);
  mask.type = 0xFFFF;
  const rte_flow_item pattern[] = {{RTE_FLOW_ITEM_TYPE_ETH, &ethernet, nullptr, &mask},
                                   {RTE_FLOW_ITEM_TYPE_END, nullptr, nullptr, nullptr}};
  return rules.add(0, pattern, actions);
}

bool drop_rest(Rules& rules) {
  const rte_flow_item pattern[] = {{RTE_FLOW_ITEM_TYPE_ETH, nullptr, nullptr, nullptr},
                                   {RTE_FLOW_ITEM_TYPE_END, nullptr, nullptr, nullptr}};
  const rte_flow_action actions[] = {{RTE_FLOW_ACTION_TYPE_DROP, nullptr},
                                     {RTE_FLOW_ACTION_TYPE_END, nullptr}};
  return rules.add(1, pattern, actions);
}

}  // namespace

bool steer_allowed_peers(std::uint16_t port, const DpdkConfig& config, std::string& why) {
  Rules rules(port);
  rte_flow_action_queue orders{};
  orders.index = config.order_queue;
  rte_flow_action_queue others{};
  const rte_flow_action to_orders[] = {{RTE_FLOW_ACTION_TYPE_QUEUE, &orders},
                                       {RTE_FLOW_ACTION_TYPE_END, nullptr}};
  const rte_flow_action to_others[] = {{RTE_FLOW_ACTION_TYPE_QUEUE, &others},
                                       {RTE_FLOW_ACTION_TYPE_END, nullptr}};
  bool good = pass_type(rules, kTypeArp, to_others);
  for (const AllowedPeers& peers : config.allow) good = good && pass_peer(rules, peers, to_orders);
  good = good && drop_rest(rules);
  if (good) return true;
  rules.take_back();
  why = rules.why();
  return false;
}

}  // namespace saker::net
