// The faces that are looked through: which there are, in which order, which are chosen, and what was done.

import { ask, send } from "../../api/client";
import type { components } from "../../api/schema";
import { session } from "../../shell/session.svelte";

type Schemas = components["schemas"];
export type FaceSource = Schemas["FaceSource"];
export type FacesState = Schemas["FacesState"];
export type FaceInfo = Schemas["FaceInfo"];
type FaceRows = Schemas["FaceRows"];
type ChoiceMade = Schemas["FaceChoiceMade"];
export type Action = Schemas["FaceChoice"]["action"];
export type Show = "kept" | "dropped" | "all";

/** What the faces are filtered and sorted by. */
export interface Wish {
  where: string;
  sort: string;
  reverse: boolean;
  show: Show;
  person: number | undefined;
  odd: boolean;
  alike: number | undefined;
  best: number | undefined;
}

/** What a choice changed. */
interface Deed {
  dropped: number[];
  restored: number[];
}

const PLAIN: Wish = { where: "", sort: "order", reverse: false, show: "kept", person: undefined, odd: false, alike: undefined, best: undefined };
const INFOS = 500;

export class Gallery {
  sources = $state<FaceSource[]>();
  key = $state<string>();
  state = $state<FacesState>();
  wish = $state<Wish>({ ...PLAIN });
  /** What is wrong with the condition, in the server's words. */
  fault = $state("");
  rows = $state.raw<number[]>([]);
  dropped = $state.raw<Set<number>>(new Set());
  chosen = $state.raw<Set<number>>(new Set());
  /** Place of the face that the keys go on from. */
  cursor = $state(0);
  done = $state.raw<Deed[]>([]);
  busy = $state(false);
  #anchor = 0;
  #asked = 0;
  #infos = new Map<string, Promise<FaceInfo>>();

  get source(): FaceSource | undefined {
    return this.sources?.find((one) => one.key === this.key);
  }

  /** The row under the cursor. */
  get row(): number | undefined {
    return this.rows[this.cursor];
  }

  /** Whether a filter hides faces. */
  get filtered(): boolean {
    const { where, person, odd, alike, best } = this.wish;
    return where.trim() !== "" || person !== undefined || odd || alike !== undefined || best !== undefined;
  }

  async fetchSources(): Promise<void> {
    this.sources = await ask<FaceSource[]>("/faces");
    const kept = sessionStorage.getItem("faces");
    const first = this.sources.find((one) => one.key === (this.key ?? kept)) ?? this.sources.find((one) => one.ready) ?? this.sources[0];
    this.key = first?.key;
  }

  open(key: string): void {
    if (key === this.key) return;
    this.key = key;
    sessionStorage.setItem("faces", key);
    this.state = undefined;
    this.rows = [];
    this.wish = { ...PLAIN };
    this.chosen = new Set();
    this.done = [];
    this.cursor = 0;
  }

  async fetch(): Promise<void> {
    const source = this.source;
    if (!source?.ready) {
      this.state = undefined;
      return;
    }
    const state = await ask<FacesState>(`/faces/${source.key}`);
    if (this.state && this.state.print !== state.print) {
      this.chosen = new Set();
      this.done = [];
    }
    if (this.key === source.key) this.state = state;
    await this.fetchRows();
  }

  async fetchRows(): Promise<void> {
    const source = this.source;
    if (!source?.ready) return;
    const mine = ++this.#asked;
    this.busy = true;
    try {
      const found = await ask<FaceRows>(`/faces/${source.key}/rows?${query(this.wish)}`);
      if (mine !== this.#asked) return;
      this.fault = "";
      const before = this.row;
      this.rows = found.rows;
      this.dropped = new Set(found.rows.filter((_, place) => found.dropped[place]));
      const there = new Set(found.rows);
      this.chosen = new Set([...this.chosen].filter((row) => there.has(row)));
      const place = before === undefined ? -1 : found.rows.indexOf(before);
      this.cursor = place >= 0 ? place : Math.max(0, Math.min(this.cursor, found.rows.length - 1));
      this.#anchor = this.cursor;
    } catch (error) {
      if (mine === this.#asked) this.fault = (error instanceof Error ? error.message : String(error)).replace(/^--where/, "This");
    } finally {
      if (mine === this.#asked) this.busy = false;
    }
  }

  /** Go to a place: alone, or with everything from where the last choice began, or besides what is chosen. */
  go(place: number, how: "alone" | "through" | "besides" | "only cursor" = "alone"): void {
    if (!this.rows.length) return;
    place = Math.max(0, Math.min(place, this.rows.length - 1));
    const row = this.rows[place]!;
    if (how === "through") {
      const [from, to] = [Math.min(this.#anchor, place), Math.max(this.#anchor, place)];
      this.chosen = new Set(this.rows.slice(from, to + 1));
    } else {
      if (how === "alone") this.chosen = new Set([row]);
      if (how === "besides") {
        const chosen = new Set(this.chosen);
        if (!chosen.delete(row)) chosen.add(row);
        this.chosen = chosen;
      }
      if (how !== "only cursor") this.#anchor = place;
    }
    this.cursor = place;
  }

  all(): void {
    this.chosen = new Set(this.rows);
  }

  none(): void {
    this.chosen = new Set();
  }

  async choose(action: Action, rows = [...this.chosen], undoing = false): Promise<void> {
    if (!rows.length) return;
    await this.#changed((key, seen) => ask(`/faces/${key}/choices`, "POST", { action, rows, seen }), undoing);
  }

  /** Use the faces that an exported file says. */
  import(file: File): Promise<void> {
    return this.#changed((key, seen) => send(`/faces/${key}/selection?seen=${seen}`, file));
  }

  /** Forget every choice. */
  reset(): Promise<void> {
    return this.#changed((key, seen) => ask(`/faces/${key}/selection?seen=${seen}`, "DELETE"));
  }

  async #changed(change: (key: string, seen: string) => Promise<ChoiceMade>, undoing = false): Promise<void> {
    const { state } = this;
    if (!state) return;
    await session.attempt(async () => {
      const { dropped, restored, kept } = await change(state.key, state.revision);
      if (undoing) return;
      this.done = [...this.done, { dropped, restored }].slice(-100);
      const words = [
        ...(dropped.length ? [`${count(dropped.length)} not used any more`] : []),
        ...(restored.length ? [`${count(restored.length)} used again`] : []),
      ];
      session.say(`${words.join(", ") || "Nothing changed"}; ${count(kept)} are used.`);
    });
    this.#infos.clear();
    await session.attempt(() => this.fetch());
  }

  async undo(): Promise<void> {
    const last = this.done.at(-1);
    if (!last) return;
    this.done = this.done.slice(0, -1);
    // first what comes back, so that there is always a face left
    await this.choose("restore", last.dropped, true);
    await this.choose("drop", last.restored, true);
  }

  async look(): Promise<void> {
    await session.attempt(() => ask(`/faces/${this.key}/look`, "POST"));
    await session.fetchJobs();
  }

  thumb(row: number): string {
    return `/api/faces/${this.key}/${this.state?.print}/thumbs/${row}`;
  }

  info(row: number): Promise<FaceInfo> {
    const name = `${this.state?.print} ${row}`;
    let known = this.#infos.get(name);
    if (!known) {
      known = ask<FaceInfo>(`/faces/${this.key}/rows/${row}`);
      this.#infos.set(name, known);
      known.catch(() => this.#infos.delete(name));
      if (this.#infos.size > INFOS) this.#infos.delete(this.#infos.keys().next().value!);
    }
    return known;
  }
}

function query(wish: Wish): string {
  const parts = new URLSearchParams({ sort: wish.sort, show: wish.show });
  if (wish.where.trim()) parts.set("where", wish.where.trim());
  if (wish.reverse) parts.set("reverse", "true");
  if (wish.odd) parts.set("odd", "true");
  if (wish.person !== undefined) parts.set("person", String(wish.person));
  if (wish.alike) parts.set("alike", String(wish.alike));
  if (wish.best) parts.set("best", String(wish.best));
  return parts.toString();
}

export function count(faces: number): string {
  return faces === 1 ? "1 face" : `${faces.toLocaleString("en")} faces`;
}
