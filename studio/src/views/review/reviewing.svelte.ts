// The state of a review: what was found, which event is looked at, and what is said of it.

import { ask, type FilmState, type FlawEvent, type Judged, type Note, type ReviewState, type Span, type Verdict } from "../../api/client";
import { session } from "../../shell/session.svelte";

const UNJUDGED: Judged = { verdict: "open", revision: 0, stale: false };

export class Reviewing {
  state = $state<ReviewState>();
  /** Place of the event that is looked at in `state.events`. */
  chosen = $state<number>();
  openOnly = $state(false);
  byFrame = $state(false);

  constructor(readonly film: FilmState) {}

  get events(): FlawEvent[] {
    return this.state?.events ?? [];
  }

  get event(): FlawEvent | undefined {
    return this.chosen === undefined ? undefined : this.events[this.chosen];
  }

  /** Places of the events in the list, as it is filtered and sorted. */
  get listed(): number[] {
    const places = this.events.map((_, place) => place).filter((place) => !this.openOnly || this.isOpen(this.events[place]!));
    return this.byFrame ? places.sort((a, b) => this.events[a]!.first - this.events[b]!.first) : places;
  }

  isOpen(event: FlawEvent): boolean {
    return event.judged.verdict === "open" || event.judged.stale;
  }

  async fetch(): Promise<void> {
    const before = this.event;
    const state = await ask<ReviewState>(`/films/${this.film.number}/review`);
    this.state = state;
    if (before) {
      const place = state.events.findIndex((one) => sameEvent(one, before));
      this.chosen = place < 0 ? undefined : place;
    }
  }

  /** The worst event, of those nobody has judged, after (or before) the one that is looked at. */
  next(way: 1 | -1): FlawEvent | undefined {
    const open = this.events.map((_, place) => place).filter((place) => this.isOpen(this.events[place]!));
    const all = open.length ? open : this.events.map((_, place) => place);
    if (!all.length) return undefined;
    const from = this.chosen ?? (way > 0 ? -1 : this.events.length);
    const beyond = way > 0 ? all.find((place) => place > from) : all.findLast((place) => place < from);
    this.chosen = beyond ?? (way > 0 ? all[0] : all.at(-1));
    return this.event;
  }

  judgedOf(shot: Span): Judged {
    return this.state?.shots.find((one) => one.first === shot.first && one.last === shot.last)?.judged ?? UNJUDGED;
  }

  /** Say something of an event; saying it again takes it back. */
  async judge(event: FlawEvent, verdict: Verdict): Promise<void> {
    const { flaw, region, first, last } = event;
    await this.#judge({ kind: "event", flaw, region, first, last }, event.judged, verdict);
  }

  async judgeShot(shot: Span, verdict: Verdict): Promise<void> {
    await this.#judge({ kind: "shot", first: shot.first, last: shot.last }, this.judgedOf(shot), verdict);
  }

  async #judge(subject: object, judged: Judged, verdict: Verdict): Promise<void> {
    const wanted = judged.verdict === verdict && !judged.stale ? "open" : verdict;
    await session.attempt(() =>
      ask(`/films/${this.film.number}/verdicts`, "PUT", { ...subject, verdict: wanted, seen: judged.revision }),
    );
    await this.fetch();
  }

  async write(frame: number, text: string): Promise<boolean> {
    const done = await session.attempt(() => ask(`/films/${this.film.number}/notes`, "POST", { frame, text }));
    await this.fetch();
    return done;
  }

  /** Change a note of which somebody saw some revision; whether it was done. */
  async change(note: Note, text: string, done: boolean, seen = note.revision): Promise<boolean> {
    const written = await session.attempt(() => ask(`/notes/${note.id}`, "PUT", { text, done, seen }));
    await this.fetch();
    return written;
  }

  async remove(note: Note): Promise<void> {
    await session.attempt(() => ask(`/notes/${note.id}?seen=${note.revision}`, "DELETE"));
    await this.fetch();
  }

  async cover(): Promise<void> {
    await session.attempt(() => ask(`/films/${this.film.number}/coverage`, "POST"));
    await session.fetchJobs();
  }

  async inspect(): Promise<void> {
    await session.attempt(() => ask(`/films/${this.film.number}/inspection`, "POST"));
    await session.fetchJobs();
  }
}

function sameEvent(one: FlawEvent, other: FlawEvent): boolean {
  return one.flaw === other.flaw && one.region === other.region && one.first === other.first && one.last === other.last;
}

export function rangeOf(span: Span): string {
  return span.first === span.last ? `${span.first}` : `${span.first}–${span.last}`;
}
