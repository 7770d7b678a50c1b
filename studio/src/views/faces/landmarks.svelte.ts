// Landmarks of one face as they are dragged: tried on the server, which knows what follows what, and then kept.

import { ask } from "../../api/client";
import type { components } from "../../api/schema";
import { session } from "../../shell/session.svelte";
import { back, onto, type Point } from "./board";

type Schemas = components["schemas"];
export type LandmarksState = Schemas["LandmarksState"];
export type LandmarksSeen = Schemas["LandmarksSeen"];
type Drag = Schemas["LandmarkDrag"];

interface Wish {
  moved: Drag[];
  reach: number;
}

export class Landmarks {
  state = $state.raw<LandmarksState>();
  moved = $state.raw<Map<number, Drag>>(new Map());
  reach = $state(12);
  chosen = $state<number>();
  /** What the wish makes of the face and its neighbours; of the face by itself before that is known. */
  seen = $state.raw<LandmarksSeen[]>([]);
  #before: Wish[] = $state.raw([]);
  #trying = false;
  #again = false;

  constructor(
    readonly key: string,
    readonly row: number,
  ) {}

  get wish(): Wish {
    return { moved: [...this.moved.values()].sort((a, b) => a.index - b.index), reach: this.reach };
  }

  get kept(): boolean {
    if (!this.state) return true;
    const { moved, reach } = this.state;
    const wish = this.wish;
    if (!wish.moved.length && !moved.length) return true;
    return JSON.stringify(wish) === JSON.stringify({ moved: [...moved].sort((a, b) => a.index - b.index), reach });
  }

  get undoable(): boolean {
    return this.#before.length > 0;
  }

  get points(): Point[] {
    const own = this.seen.find((one) => one.row === this.row)?.points ?? this.state?.points ?? [];
    if (!this.state) return own;
    const { found } = this.state;
    // what is under the pointer does not wait for the server
    return own.map((point, index) => {
      const drag = this.moved.get(index);
      return drag ? [found[index]![0] + drag.dx, found[index]![1] + drag.dy] : point;
    });
  }

  get others(): LandmarksSeen[] {
    return this.seen.filter((one) => one.row !== this.row);
  }

  async fetch(): Promise<void> {
    const state = await ask<LandmarksState>(`/faces/${this.key}/rows/${this.row}/landmarks`);
    // who is dragging keeps what was seen: where another window was quicker, keeping it is refused
    if (!this.kept) return;
    this.state = state;
    this.moved = new Map(state.moved.map((drag) => [drag.index, drag]));
    this.reach = state.reach;
    await this.try();
  }

  /** Remember how it is, before it is changed. */
  begin(): void {
    this.#before = [...this.#before, this.wish].slice(-200);
  }

  undo(): void {
    const last = this.#before.at(-1);
    if (!last) return;
    this.#before = this.#before.slice(0, -1);
    this.moved = new Map(last.moved.map((drag) => [drag.index, drag]));
    this.reach = last.reach;
    void this.try();
  }

  /** Put a landmark somewhere, in the square. */
  put(index: number, at: Point): void {
    if (!this.state) return;
    const [x, y] = back(this.state.to_square, at);
    const [ax, ay] = this.state.found[index]!;
    const drag = { index, dx: Math.round((x - ax) * 1000) / 1000, dy: Math.round((y - ay) * 1000) / 1000 };
    this.moved = new Map(this.moved).set(index, drag);
    void this.try();
  }

  nudge(right: number, down: number): void {
    if (this.chosen === undefined || !this.state) return;
    this.begin();
    const [x, y] = onto(this.state.to_square, this.points[this.chosen]!);
    this.put(this.chosen, [x + right, y + down]);
  }

  /** Take back what was dragged: of one landmark, or of all. */
  release(index?: number): void {
    this.begin();
    const moved = new Map(this.moved);
    if (index === undefined) moved.clear();
    else moved.delete(index);
    this.moved = moved;
    void this.try();
  }

  /** Ask what the wish makes of the track; one question at a time, the latest wish next. */
  async try(): Promise<void> {
    if (this.#trying) {
      this.#again = true;
      return;
    }
    this.#trying = true;
    try {
      do {
        this.#again = false;
        const path = `/faces/${this.key}/rows/${this.row}/landmarks/preview`;
        const seen = await ask<LandmarksSeen[]>(path, "POST", this.wish);
        this.seen = seen;
      } while (this.#again);
    } catch (error) {
      await session.attempt(() => Promise.reject(error));
    } finally {
      this.#trying = false;
    }
  }

  async keep(): Promise<boolean> {
    if (!this.state) return false;
    const path = `/faces/${this.key}/rows/${this.row}/landmarks`;
    const body = { ...this.wish, seen: this.state.revision };
    const done = await session.attempt(async () => {
      await ask(path, "PUT", body);
      session.say(body.moved.length ? "Kept: swaps and trainings use it from their next run on." : "Taken back.");
    });
    await session.attempt(async () => {
      this.state = await ask<LandmarksState>(path);
    });
    return done;
  }
}
