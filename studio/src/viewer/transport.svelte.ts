// Where we are in a film, and how it runs.

const SPEEDS = [1, 2, 4, 8];

export class Transport {
  frame = $state(0);
  /** Frames a frame's time: 0 stands, 1 plays, -2 runs backwards at twice the speed. */
  speed = $state(0);
  /** The range that is looped; all of the film without. */
  first = $state<number>();
  last = $state<number>();

  constructor(
    readonly frames: number,
    readonly rate: number,
    frame = 0,
  ) {
    this.frame = this.#within(frame);
  }

  get begin(): number {
    return this.first ?? 0;
  }

  get end(): number {
    return this.last ?? this.frames - 1;
  }

  /** Stop at a frame. */
  go(frame: number): void {
    this.speed = 0;
    this.frame = this.#within(frame);
  }

  step(count: number): void {
    this.go(this.frame + count);
  }

  toggle(): void {
    this.speed = this.speed === 0 ? 1 : 0;
  }

  /** J and L: each press is faster that way; K stands. */
  shuttle(way: 1 | -1): void {
    const place = SPEEDS.indexOf(this.speed * way);
    this.speed = way * (SPEEDS[Math.min(place + 1, SPEEDS.length - 1)] ?? 1);
  }

  stop(): void {
    this.speed = 0;
  }

  markIn(): void {
    this.first = this.frame;
    if (this.last !== undefined && this.last <= this.frame) this.last = undefined;
  }

  markOut(): void {
    this.last = this.frame;
    if (this.first !== undefined && this.first >= this.frame) this.first = undefined;
  }

  unmark(): void {
    this.first = this.last = undefined;
  }

  /** What comes after a frame while it runs: round the range. */
  wrapped(frame: number): number {
    const length = this.end - this.begin + 1;
    return this.begin + ((((frame - this.begin) % length) + length) % length);
  }

  #within(frame: number): number {
    return Math.max(0, Math.min(this.frames - 1, Math.round(frame)));
  }
}

/** A frame as timecode counted from 0, or from a clip's own first one. */
export function clock(frame: number, rate: number): string {
  const whole = Math.max(1, Math.round(rate));
  const seconds = Math.floor(frame / whole);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60, frame % whole];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}
