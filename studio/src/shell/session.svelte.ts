// What the whole window shares: the project, the film that is looked at, what was said, and the pulse.

import { untrack } from "svelte";

import { ask, type FilmState, type Job, type ProjectState, type Pulse, Refusal } from "../api/client";

interface Message {
  id: number;
  text: string;
  bad: boolean;
}

const BEAT = 1500;
const READ = 6000;

class Session {
  project = $state<ProjectState>();
  film = $state<FilmState>();
  /** Of changes by this or any other window; what was fetched at another count is old. */
  changes = $state(0);
  jobs = $state<Job[]>([]);
  /** Whether the jobs were read once. */
  jobsKnown = $state(false);
  messages = $state<Message[]>([]);
  /** The server has stopped, or the token is not its own any more. */
  lost = $state("");
  #jobCount = -1;
  #next = 0;
  #opening = 0;

  /** The frame to begin with, per film, kept while the window lives. */
  get filmKey(): string {
    return this.film ? `${this.film.number}:${this.film.print}` : "";
  }

  async start(): Promise<void> {
    await this.#guard(async () => {
      this.project = await ask<ProjectState>("/project");
      const wanted = Number(sessionStorage.getItem("film"));
      const first = this.project.films.find((film) => film.number === wanted) ?? this.project.films[0];
      if (first) await this.open(first.number);
    });
    void this.#beat();
  }

  async open(number: number): Promise<void> {
    const mine = ++this.#opening;
    await this.#guard(async () => {
      const film = await ask<FilmState>(`/films/${number}`);
      // somebody has chosen another one meanwhile
      if (mine !== this.#opening) return;
      this.film = film;
      sessionStorage.setItem("film", String(number));
    });
  }

  /** Do something; what the server refuses is shown. Returns whether it was done. */
  async attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.say(error.message, true);
      if (error.conflict) this.changes += 1;
      return false;
    }
  }

  say(text: string, bad = false): void {
    const id = this.#next++;
    this.messages.push({ id, text, bad });
    setTimeout(() => this.unsay(id), bad ? READ * 2 : READ);
  }

  unsay(id: number): void {
    this.messages = this.messages.filter((message) => message.id !== id);
  }

  /** The latest job of a kind for the film that is looked at. */
  jobOf(kind: string, title: string): Job | undefined {
    return this.jobs.find((job) => job.kind === kind && job.title === title);
  }

  async fetchJobs(): Promise<void> {
    const before = new Map(this.jobs.map((job) => [job.id, job.state]));
    this.jobs = await ask<Job[]>("/jobs");
    this.jobsKnown = true;
    for (const job of this.jobs) {
      // one that was never seen may have begun and ended since
      const was = before.get(job.id) ?? (this.#jobCount < 0 ? job.state : "waiting");
      if (was === job.state || (was !== "running" && was !== "waiting")) continue;
      if (job.state === "done") await this.#ended(job);
      if (job.state === "failed") this.say(`${job.title}: ${job.message}`, true);
    }
  }

  async #ended(job: Job): Promise<void> {
    if (job.kind !== "proxy") this.say(`${job.title}: ${job.message}`);
    this.project = await ask<ProjectState>("/project");
    if (this.film) this.film = await ask<FilmState>(`/films/${this.film.number}`);
    this.changes += 1;
  }

  async #beat(): Promise<void> {
    let seen = -1;
    for (;;) {
      try {
        const pulse = await ask<Pulse>("/pulse");
        this.lost = "";
        if (pulse.jobs !== this.#jobCount) {
          await this.fetchJobs();
          this.#jobCount = pulse.jobs;
        }
        if (seen >= 0 && pulse.changes !== seen) {
          // edits are a layer of the film
          const { film } = this;
          const now = film && (await ask<FilmState>(`/films/${film.number}`));
          if (this.film === film) this.film = now;
          this.changes += 1;
        }
        seen = pulse.changes;
      } catch (error) {
        if (error instanceof Refusal) this.lost = error.message;
      }
      const busy = this.jobs.some((job) => job.state === "running");
      await new Promise((done) => setTimeout(done, document.hidden ? BEAT * 4 : busy ? BEAT / 3 : BEAT));
    }
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.lost = error.message;
    }
  }
}

export const session = new Session();

/** Fetch now, and again whenever this or another window has changed something, or what `of` reads is another. */
export function refetch(fetch: () => Promise<void>, of?: () => unknown): void {
  $effect(() => {
    void [session.changes, of?.()];
    untrack(() => void session.attempt(fetch));
  });
}
