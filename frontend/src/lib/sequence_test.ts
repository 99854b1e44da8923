import { describe, expect, it } from 'vitest';
import { backoff_ms } from './backoff';
import { SequenceTracker } from './sequence';

describe('SequenceTracker', () => {
  it('applies an unbroken chain', () => {
    const tracker = new SequenceTracker();
    expect(tracker.judge(null, 10, true)).toBe('apply');
    expect(tracker.judge(10, 12, false)).toBe('apply');
    expect(tracker.judge(12, 40, false)).toBe('apply');
    expect(tracker.last).toBe(40);
    expect(tracker.gaps).toBe(0);
  });

  it('finds a missing push, and then wants a snapshot', () => {
    const tracker = new SequenceTracker();
    tracker.judge(null, 10, true);
    expect(tracker.judge(11, 12, false)).toBe('gap');
    expect(tracker.gaps).toBe(1);
    expect(tracker.judge(12, 13, false)).toBe('gap');
    expect(tracker.gaps).toBe(1);
    expect(tracker.judge(null, 20, true)).toBe('apply');
    expect(tracker.judge(20, 21, false)).toBe('apply');
  });

  it('passes over what came twice', () => {
    const tracker = new SequenceTracker();
    tracker.judge(null, 10, true);
    expect(tracker.judge(9, 10, false)).toBe('duplicate');
    expect(tracker.judge(10, 11, false)).toBe('apply');
  });

  it('wants a snapshot first', () => {
    expect(new SequenceTracker().judge(null, 1, false)).toBe('gap');
  });
});

describe('backoff_ms', () => {
  it('doubles up to ten seconds, spread over half', () => {
    expect(backoff_ms(1, 1)).toBe(250);
    expect(backoff_ms(1, 0)).toBe(125);
    expect(backoff_ms(3, 1)).toBe(1000);
    expect(backoff_ms(40, 1)).toBe(10_000);
    expect(backoff_ms(40, 0)).toBe(5_000);
  });
});
