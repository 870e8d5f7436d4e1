/**
 * @file One step axis from steps that are counted anew in every epoch.
 *
 * Where the epoch goes up while the step goes back, the step counts within the epoch: the epoch's rows then follow on the last
 * step of the epoch before (or on its length, where the file states it). Steps that go on through epochs stay as they are. An
 * epoch that comes again, after a restart, keeps the place that it had.
 */

/** Plain data, for a bridge's state: last epoch, last step within it, [epoch, offset] of all. */
export type EpochMemory = [epoch: number | null, step: number, offsets: [epoch: number, offset: number][]];

const EPOCHS_AT_MOST = 20_000;

export class EpochSteps {
  private epoch: number | null;
  private step: number;
  private readonly offsets: Map<number, number>;

  constructor([epoch, step, offsets]: EpochMemory = [null, 0, []]) {
    this.epoch = epoch;
    this.step = step;
    this.offsets = new Map(offsets);
  }

  /** The step on the whole axis. `length`: steps of an epoch, where stated. */
  wholeStep(step: number, epoch: number | undefined, length?: number): number {
    if (epoch === undefined || !Number.isFinite(epoch)) return step + this.offsetOf(this.epoch);
    if (this.epoch !== null && epoch > this.epoch && !this.offsets.has(epoch)) this.begin(epoch, step, length);
    this.epoch = epoch;
    this.step = step;
    return step + this.offsetOf(epoch);
  }

  /** Some row stated an epoch. */
  get isUsed(): boolean {
    return this.epoch !== null;
  }

  /** Steps count within epochs here. */
  get isWithin(): boolean {
    return this.offsets.size > 0;
  }

  memory(): EpochMemory {
    return [this.epoch, this.step, [...this.offsets]];
  }

  private begin(epoch: number, step: number, length: number | undefined): void {
    const before = this.offsetOf(this.epoch);
    // One line an epoch, always at the same step: whole epochs that differ by one.
    const isSame = step === this.step && Number.isInteger(epoch) && epoch - this.epoch! === 1;
    const isWithin = step < this.step || isSame;
    const offset = isWithin ? before + Math.max(length ?? 0, this.step) : before;
    if (offset > 0 && this.offsets.size < EPOCHS_AT_MOST) this.offsets.set(epoch, offset);
  }

  private offsetOf(epoch: number | null): number {
    return epoch === null ? 0 : (this.offsets.get(epoch) ?? 0);
  }
}
