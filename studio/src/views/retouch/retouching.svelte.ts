// The state of a retouch: what is kept, the draft that is tried, and how far its preview is.

import { ask, type Draft, type Edit, type FilmState, type Promoted, type RetouchState, send } from "../../api/client";
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
  #last: Promise<unknown> = Promise.resolve();
  #resumed = false;
  /** What is kept of the draft's edit as this window saw it last, as JSON; empty where it is new. */
  #seen = "";

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
    // what it lacked may be there now: pictures of a new number
    if (this.draft?.lacks) void this.change({});
    void this.#resume();
  }

  /** Take up the draft that this window had when it was loaded again, or another view was looked at. */
  async #resume(): Promise<void> {
    if (this.#resumed) return;
    this.#resumed = true;
    const kept = sessionStorage.getItem(this.#name);
    if (kept === null || this.draft) return;
    const { edit, keyframe, seen } = JSON.parse(kept) as { edit: Edit; keyframe: number; seen: string };
    await this.#next(async () => {
      sessionStorage.removeItem(this.#name);
      this.#take(await ask<Draft>(`${this.#path}/drafts`, "POST", edit), keyframe, seen);
    });
  }

  get #name(): string {
    return `draft-${this.film.number}-${this.film.print}`;
  }

  /** Where the picture of a frame is: with the draft, if there is one, and all that is kept. */
  address(frame: number): string {
    const of = `/api${this.#path}/frames/${frame}?v=${this.film.print}-${this.state?.revision ?? 0}${this.state?.lacks ? "-lacking" : ""}`;
    return this.draft ? `${of}&draft=${this.draft.number}` : of;
  }

  draw(frame: number, strokes: Stroke[], brush: Brush): Promise<boolean> {
    const { operation } = brush;
    if (!isDrawn(operation)) return Promise.resolve(false);
    // as the brush is now, though it may be another one when it is this stroke's turn
    const told = {
      frame,
      operation,
      strokes,
      colour: operation === "paint" ? brush.rgb : null,
      source: operation === "clone" ? brush.source(strokes[0]?.points[0]) : null,
      values: brush.values,
    };
    return this.#drawn(operation, async (onto) => {
      this.#take(await ask<Draft>(`${this.#path}/strokes`, "POST", { ...told, onto: onto?.edit ?? null }), frame);
    });
  }

  /** Something that is no stroke: a nudge, a turn of the eyes, frames that are held, settings. */
  make(what: "nudges" | "gazes" | "holds" | "settings", operation: Edit["operation"], frame: number, body: object): Promise<boolean> {
    return this.#drawn(operation, async (onto) => {
      const whole = what === "holds" ? body : { ...body, frame, onto: onto?.edit ?? null };
      this.#take(await ask<Draft>(`${this.#path}/${what}`, "POST", whole), frame);
    });
  }

  /** Another range, strength … for the draft. */
  change(changes: Partial<Edit>): Promise<boolean> {
    return this.#next(async () => {
      if (!this.draft) return;
      const edit = { ...this.draft.edit, ...changes };
      this.#take(await ask<Draft>(`${this.#path}/drafts`, "POST", edit), this.keyframe);
    });
  }

  /** Take up an edit that is kept. */
  take(edit: Edit): Promise<boolean> {
    return this.#next(async () => {
      const draft = await ask<Draft>(`${this.#path}/drafts`, "POST", edit);
      this.#take(draft, edit.keys[0]?.frame ?? edit.first, JSON.stringify(edit));
    });
  }

  /** Work that ends in a draft: added to the one that there is where that does the same, which is kept otherwise. */
  #drawn(operation: Edit["operation"], work: (onto: Draft | undefined) => Promise<void>): Promise<boolean> {
    return this.#next(async () => {
      this.drawing = true;
      try {
        const onto = this.draft?.edit.operation === operation ? this.draft : undefined;
        if (this.draft && !onto && !(await this.#keep())) return false;
        await work(onto);
      } finally {
        this.drawing = false;
      }
    });
  }

  /** One after another: what is kept or forgotten is what was drawn last, though it takes a moment. */
  #next(work: () => Promise<boolean | void>): Promise<boolean> {
    const mine = this.#last.then(async () => {
      let refused = false;
      const done = await session.attempt(async () => {
        refused = (await work()) === false;
      });
      return done && !refused;
    });
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  #take(draft: Draft, keyframe: number, seen = this.#seen): void {
    this.draft = draft;
    this.keyframe = keyframe;
    this.#seen = seen;
    sessionStorage.setItem(this.#name, JSON.stringify({ edit: draft.edit, keyframe, seen }));
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

  forget(): Promise<boolean> {
    return this.#next(async () => this.#forget());
  }

  #forget(): void {
    this.#preview?.abort();
    this.draft = undefined;
    this.ready = [];
    this.#seen = "";
    sessionStorage.removeItem(this.#name);
  }

  /** Keep the draft. Another window's edits are not lost: then it says so, and the draft stays. */
  keep(): Promise<boolean> {
    return this.#next(() => this.#keep());
  }

  async #keep(): Promise<boolean> {
    const { draft } = this;
    if (!draft) return true;
    const now = this.state?.edits.find((each) => each.edit.id === draft.edit.id);
    const stands = now ? JSON.stringify(now.edit) : "";
    if (stands !== this.#seen) {
      // it is not written over unseen, though nothing else hinders that
      this.#seen = stands;
      const what = now ? `Another window has made this edit "${now.sentence}"` : "Another window has deleted this edit";
      session.say(`${what} meanwhile. Your change is still a draft: keep it again to have it instead, or forget it.`, true);
      return false;
    }
    const done = await this.#change("keep", { edit: draft.edit });
    if (done) this.#forget();
    return done;
  }

  drop(edit: Edit): Promise<boolean> {
    return this.#next(() => {
      if (this.draft?.edit.id === edit.id) this.#forget();
      return this.#change("drop", { ids: [edit.id] });
    });
  }

  undo(): Promise<boolean> {
    return this.#next(async () => {
      // what is only tried goes first
      if (!this.draft) return this.state?.can_undo ? this.#change("undo", {}) : false;
      this.#forget();
    });
  }

  redo(): Promise<boolean> {
    return this.#next(async () => (this.state?.can_redo ? this.#change("redo", {}) : false));
  }

  restore(name: string): Promise<boolean> {
    return this.#next(() => {
      this.#forget();
      return this.#change("restore", { name });
    });
  }

  async name(name: string): Promise<void> {
    await session.attempt(async () => {
      this.state = await ask<RetouchState>(`${this.#path}/versions`, "POST", { name });
    });
  }

  /** A frame that was repaired in another program; onto the draft where that is painted, too. */
  repaired(frame: number, file: File): Promise<boolean> {
    return this.#drawn("paint", async (onto) => {
      const query = onto ? `?onto=${onto.number}` : "";
      this.#take(await send<Draft>(`${this.#path}/frames/${frame}/repaired${query}`, file), frame);
    });
  }

  /** Keep the edits of an exported file, for a track where one is named. */
  import(file: File, track: string): Promise<boolean> {
    return this.#next(() =>
      this.#changed(async () => {
        const query = `revision=${this.state?.revision ?? 0}${track === "" ? "" : `&track=${track}`}`;
        const before = this.state?.edits.length ?? 0;
        this.state = await send<RetouchState>(`${this.#path}/import?${query}`, file);
        const more = this.state.edits.length - before;
        session.say(more ? `${more} ${more === 1 ? "edit is" : "edits are"} imported.` : "The edits of the file were here: they are as in the file now.");
      }),
    );
  }

  copy(ids: string[], track: number): Promise<boolean> {
    return this.#next(() => this.#change("copy", { ids, track }));
  }

  async promote(frame: number): Promise<void> {
    await session.attempt(async () => {
      session.say((await ask<Promoted>(`${this.#path}/promote`, "POST", { frame })).sentence);
    });
  }

  async render(): Promise<void> {
    await session.attempt(() => ask(`${this.#path}/render`, "POST"));
    await session.fetchJobs();
  }

  #change(what: string, body: object): Promise<boolean> {
    return this.#changed(async () => {
      this.state = await ask<RetouchState>(`${this.#path}/${what}`, "POST", { ...body, revision: this.state?.revision ?? 0 });
    });
  }

  async #changed(work: () => Promise<void>): Promise<boolean> {
    const done = await session.attempt(work);
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
