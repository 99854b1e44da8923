"""Reads a log of HdrHistograms (compressed V2 encoding): tag, count and percentiles of each line.

Written from the description of the format, for three significant digits. Used as a program it
prints what it found; as a module it checks a report's folder (report.py).
"""
import base64
import struct
import sys
import zlib


def zigzag_numbers(payload):
    at = 0
    while at < len(payload):
        value = 0
        for shift in range(0, 63, 7):
            byte = payload[at]
            at += 1
            if shift == 56:
                value |= byte << shift
                break
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
        yield (value >> 1) ^ -(value & 1)


def highest_value(index, digits):
    """The largest value of the bucket with this index."""
    half = 1
    while half < 10**digits:
        half *= 2
    row = max(index // half - 1, 0)
    return ((index - row * half + 1) << row) - 1


def decode(text):
    """List of (largest value of the bucket, count), rising."""
    outer = base64.b64decode(text, validate=True)
    cookie, length = struct.unpack('>ii', outer[:8])
    assert cookie == 0x1C849314, hex(cookie)
    assert length == len(outer) - 8
    inner = zlib.decompress(outer[8:])
    cookie, length, offset, digits, lowest, highest, ratio = struct.unpack('>iiiiqqd', inner[:40])
    assert cookie == 0x1C849313, hex(cookie)
    assert (length, offset, lowest, ratio) == (len(inner) - 40, 0, 1, 1.0)
    counts, index = [], 0
    for number in zigzag_numbers(inner[40:]):
        if number > 0:
            counts.append((highest_value(index, digits), number))
        index += -number if number < 0 else 1
    assert all(value <= highest for value, _ in counts)
    return counts


def percentile(counts, percent):
    total = sum(count for _, count in counts)
    passed = 0
    for value, count in counts:
        passed += count
        if passed >= percent / 100 * total:
            return value
    return 0


def read_log(path):
    """Yields (tag, start in seconds, length, largest in ms, counts); asserts the log's head."""
    head = []
    with open(path, encoding='ascii') as lines:
        for line in lines:
            line = line.rstrip('\n')
            if line.startswith(('#', '"')):
                head.append(line)
                continue
            tag = ''
            if line.startswith('Tag='):
                tag, line = line[4:].split(',', 1)
            start, length, largest, text = line.split(',')
            yield tag, float(start), float(length), float(largest), decode(text)
    assert any('Histogram log format version 1.3' in line for line in head)
    assert any(line.startswith('#[StartTime: ') for line in head)


if __name__ == '__main__':
    for tag, start, _, largest, counts in read_log(sys.argv[1]):
        total = sum(count for _, count in counts)
        print(f'{tag or "-"} {start:.3f} {total} p50 {percentile(counts, 50)} max {largest}')
