// Proves that nothing was missed: every push names the sequence it continues from.

export type Verdict = 'apply' | 'duplicate' | 'gap';

export class SequenceTracker {
  private last_: number | null = null;
  gaps = 0;

  /** The sequence of what was last applied; null while a snapshot is needed. */
  get last(): number | null {
    return this.last_;
  }

  /** Forgets everything: only a snapshot is applied next. */
  reset(): void {
    this.last_ = null;
  }

  /**
   * Judges a push. A snapshot always applies. "gap" means that something between is missing (or
   * that no snapshot came yet): the caller must get a new snapshot.
   */
  judge(prev_sequence: number | null, sequence: number, snapshot: boolean): Verdict {
    if (snapshot) {
      this.last_ = sequence;
      return 'apply';
    }
    if (this.last_ === null) return 'gap';
    if (sequence <= this.last_) return 'duplicate';
    if (prev_sequence !== this.last_) {
      this.gaps++;
      this.last_ = null;
      return 'gap';
    }
    this.last_ = sequence;
    return 'apply';
  }
}
