// The state of a retouch: what is kept, the draft that is tried, and how far its preview is.

import { ask, type Draft, type Edit, type FilmState, type RetouchState } from "../../api/client";
import { session } from "../../shell/session.svelte";
import { type Brush, isDrawn, type Stroke } from "./brush.svelte";

/** Frames to either side of a keyframe that are previewed at once. */
const REACH = 12;

export class Retouching {
  state = $state<RetouchState>();
  draft = $state<Draft>();
  /** The keyframe that was drawn on last. */
  keyframe = $state(0);
  /** Frames of the draft whose pictures are there. */
  ready = $state<number[]>([]);
  previewing = $state(false);
  drawing = $state(false);
  #preview?: AbortController;

  constructor(readonly film: FilmState) {}

  get #path(): string {
    return `/films/${this.film.number}/retouch`;
  }

  /** Whether the draft is one that is kept already, and is being changed. */
  get changing(): boolean {
    return this.state?.edits.some((each) => each.edit.id === this.draft?.edit.id) ?? false;
  }

  async fetch(): Promise<void> {
    this.state = await ask<RetouchState>(this.#path);
  }

  /** Where the picture of a frame is: with the draft, if there is one, and all that is kept. */
  address(frame: number): string {
    const of = `/api${this.#path}/frames/${frame}?v=${this.film.print}-${this.state?.revision ?? 0}`;
    return this.draft ? `${of}&draft=${this.draft.number}` : of;
  }

  async draw(frame: number, strokes: Stroke[], brush: Brush): Promise<boolean> {
    // one after another: each stroke is added to the draft that the one before has made
    this.drawing = true;
    const onto = this.draft?.edit.operation === brush.operation ? this.draft.edit : null;
    const { operation } = brush;
    if (!isDrawn(operation)) return false;
    if (this.draft && !onto && !(await this.keep())) {
      this.drawing = false;
      return false;
    }
    const done = await session.attempt(async () => {
      this.#take(
        await ask<Draft>(`${this.#path}/strokes`, "POST", {
          frame,
          operation,
          strokes,
          colour: brush.operation === "paint" ? brush.rgb : null,
          source: brush.operation === "clone" ? brush.source(strokes[0]?.points[0]) : null,
          values: brush.values,
          onto,
        }),
        frame,
      );
    });
    this.drawing = false;
    return done;
  }

  /** Something that is no stroke: a nudge, a turn of the eyes, frames that are held. */
  async make(what: "nudges" | "gazes" | "holds", operation: Edit["operation"], frame: number, body: object): Promise<boolean> {
    this.drawing = true;
    const onto = this.draft?.edit.operation === operation ? this.draft.edit : null;
    let done = !this.draft || onto !== null || (await this.keep());
    if (done) {
      const whole = what === "holds" ? body : { ...body, frame, onto };
      done = await session.attempt(async () => this.#take(await ask<Draft>(`${this.#path}/${what}`, "POST", whole), frame));
    }
    this.drawing = false;
    return done;
  }

  /** Another range, strength … for the draft. */
  async change(changes: Partial<Edit>): Promise<void> {
    if (!this.draft) return;
    const edit = { ...this.draft.edit, ...changes };
    await session.attempt(async () => this.#take(await ask<Draft>(`${this.#path}/drafts`, "POST", edit), this.keyframe));
  }

  /** Take up an edit that is kept. */
  async take(edit: Edit): Promise<void> {
    await session.attempt(async () =>
      this.#take(await ask<Draft>(`${this.#path}/drafts`, "POST", edit), edit.keys[0]?.frame ?? edit.first),
    );
  }

  #take(draft: Draft, keyframe: number): void {
    this.draft = draft;
    this.keyframe = keyframe;
    void this.#show(keyframe);
  }

  async #show(keyframe: number): Promise<void> {
    const { draft } = this;
    if (!draft) return;
    this.#preview?.abort();
    const mine = (this.#preview = new AbortController());
    this.ready = [];
    this.previewing = true;
    try {
      const answer = await fetch(`/api${this.#path}/drafts/${draft.number}/preview`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ first: Math.max(0, keyframe - REACH), last: keyframe + REACH - 1 }),
        signal: mine.signal,
      });
      for await (const line of lines(answer)) {
        if (mine.signal.aborted) return;
        this.ready = [...this.ready, JSON.parse(line).frame as number];
      }
    } catch (error) {
      if (!mine.signal.aborted) session.say(String(error), true);
    } finally {
      if (this.#preview === mine) this.previewing = false;
    }
  }

  forget(): void {
    this.#preview?.abort();
    this.draft = undefined;
    this.ready = [];
  }

  /** Keep the draft. Another window's edits are not lost: then it says so, and the draft stays. */
  async keep(): Promise<boolean> {
    const { draft } = this;
    if (!draft) return true;
    const done = await this.#change("keep", { edit: draft.edit });
    if (done && this.draft === draft) this.forget();
    return done;
  }

  drop(edit: Edit): Promise<boolean> {
    if (this.draft?.edit.id === edit.id) this.forget();
    return this.#change("drop", { ids: [edit.id] });
  }

  undo(): Promise<boolean> {
    // what is only tried goes first
    if (this.draft) {
      this.forget();
      return Promise.resolve(true);
    }
    return this.state?.can_undo ? this.#change("undo", {}) : Promise.resolve(false);
  }

  redo(): Promise<boolean> {
    return this.state?.can_redo ? this.#change("redo", {}) : Promise.resolve(false);
  }

  restore(name: string): Promise<boolean> {
    this.forget();
    return this.#change("restore", { name });
  }

  async name(name: string): Promise<void> {
    await session.attempt(async () => {
      this.state = await ask<RetouchState>(`${this.#path}/versions`, "POST", { name });
    });
  }

  async render(): Promise<void> {
    await session.attempt(() => ask(`${this.#path}/render`, "POST"));
    await session.fetchJobs();
  }

  async #change(what: string, body: object): Promise<boolean> {
    const done = await session.attempt(async () => {
      this.state = await ask<RetouchState>(`${this.#path}/${what}`, "POST", { ...body, revision: this.state?.revision ?? 0 });
    });
    if (!done) await this.fetch();
    return done;
  }
}

async function* lines(answer: Response): AsyncGenerator<string> {
  if (!answer.ok || !answer.body) throw new Error("The preview could not be drawn.");
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
