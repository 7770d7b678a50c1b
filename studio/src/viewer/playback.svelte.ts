// Playing wants the proxy: it is made when somebody first wants to play. What is not in it (likeness, matte,
// what is retouched) is played from exact frames, as quickly as they come.

import { ask, type FilmState, type Job } from "../api/client";
import { session } from "../shell/session.svelte";
import type { Look } from "./look.svelte";
import { Transport } from "./transport.svelte";

export class Playback {
  readonly transport: Transport;
  #wanted = $state(false);

  constructor(
    film: FilmState,
    readonly look: Look,
  ) {
    const kept = Number(sessionStorage.getItem(`frame-${film.number}`));
    this.transport = new Transport(film.frames, film.rate, kept);
    $effect(() => sessionStorage.setItem(`frame-${film.number}`, String(this.transport.frame)));
    $effect(() => {
      if (!this.#wanted || !session.film?.proxy) return;
      this.#wanted = false;
      this.transport.speed = 1;
    });
  }

  /** How far the proxy is, in percent; undefined while none is made. */
  get preparing(): number | undefined {
    const job = this.#job;
    if (!job) return undefined;
    return job.total ? Math.floor((100 * job.done) / job.total) : 0;
  }

  get #job(): Job | undefined {
    const title = `Proxy of ${session.film?.name}`;
    return session.jobs.find((job) => job.title === title && (job.state === "running" || job.state === "waiting"));
  }

  toggle(): void {
    if (this.#ready()) this.transport.toggle();
  }

  shuttle(way: 1 | -1): void {
    if (this.#ready()) this.transport.shuttle(way);
  }

  #ready(): boolean {
    const film = session.film;
    if (film?.proxy || !["result", "plate"].includes(this.look.layer)) return true;
    this.#wanted = true;
    if (film && !this.#job) void session.attempt(() => ask(`/films/${film.number}/proxy`, "POST"));
    return false;
  }
}
