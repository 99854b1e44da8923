"""Reads `saker-top --format json` from standard input and prints it in a few lines."""

import json
import sys


def engine_line(engine):
    return (f"engine    sequence {engine['sequence']}, on disk {engine['durable_sequence']}, "
            f"released {engine['released_sequence']}, epoch {engine['epoch']}, "
            f"{engine['commands_per_second']} commands/s, "
            f"order to release p50 {engine['latency_p50_ns'] / 1000:.0f} us "
            f"p99 {engine['latency_p99_ns'] / 1000:.0f} us")


def loop_line(engine):
    return (f"loop      busy {engine['loop_busy_permille'] / 10:.0f} %, "
            f"longest round {engine['loop_longest_ns'] / 1000:.0f} us, "
            f"over 10 us {engine['loop_over_10us']}, 100 us {engine['loop_over_100us']}, "
            f"1 ms {engine['loop_over_1ms']}")


def follower_line(follower):
    return (f"follower  sequence {follower['applied_sequence']}, "
            f"events on disk {follower['events_sequence']}, "
            f"snapshot {follower['snapshot_sequence']}")


def market_line(market):
    bid = market["bids"][0]["price"] if market["bids"] else "-"
    ask = market["asks"][0]["price"] if market["asks"] else "-"
    return (f"{market['symbol']:<9} {bid} / {ask}, last {market['last'] or '-'}, "
            f"{market['phase']}")


def main():
    model = json.load(sys.stdin)
    if model["engine"]["alive"]:
        print("  " + engine_line(model["engine"]))
        print("  " + loop_line(model["engine"]))
    if model["follower"]["alive"]:
        print("  " + follower_line(model["follower"]))
    for market in model["markets"]:
        print("  " + market_line(market))


if __name__ == "__main__":
    main()
