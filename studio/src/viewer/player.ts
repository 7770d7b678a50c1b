// Runs a film's proxy: forwards by the browser's own clock, backwards frame by frame (each is a keyframe).

import type { Transport } from "./transport.svelte";

const FASTEST = 8;

export class Player {
  #halted = true;
  #address = "";
  #timer = 0;

  constructor(readonly video: HTMLVideoElement) {}

  /** Run from where the transport is until `halt`; `shown` is called when another picture is there. */
  run(address: string, transport: Transport, speed: number, shown: () => void): void {
    this.halt();
    this.#halted = false;
    if (this.#address !== address) {
      this.#address = address;
      this.video.src = address;
    }
    const run = this.#token();
    const start = (): void => {
      if (run !== this.#run) return;
      this.#seek(transport.wrapped(transport.frame + Math.sign(speed)), transport.rate);
      if (speed > 0) this.#forwards(run, transport, Math.min(speed, FASTEST), shown);
      else this.#backwards(run, transport, -speed, shown);
    };
    if (this.video.readyState >= HTMLMediaElement.HAVE_METADATA) start();
    else this.video.addEventListener("loadedmetadata", start, { once: true });
  }

  halt(): void {
    this.#halted = true;
    this.#run++;
    clearTimeout(this.#timer);
    this.video.pause();
  }

  close(): void {
    this.halt();
    this.#address = "";
    this.video.removeAttribute("src");
    this.video.load();
  }

  #run = 0;

  #token(): number {
    return ++this.#run;
  }

  #seek(frame: number, rate: number): void {
    // the middle of the frame's time: its edges may round to the neighbour's
    this.video.currentTime = (frame + 0.5) / rate;
  }

  #forwards(run: number, transport: Transport, speed: number, shown: () => void): void {
    const { video } = this;
    video.playbackRate = speed;
    const presented = (_: number, data: { mediaTime: number }): void => {
      if (run !== this.#run || this.#halted) return;
      const frame = Math.round(data.mediaTime * transport.rate);
      if (frame > transport.end || frame < transport.begin) {
        this.#seek(transport.begin, transport.rate);
      } else {
        transport.frame = frame;
        shown();
      }
      video.requestVideoFrameCallback(presented);
    };
    video.requestVideoFrameCallback(presented);
    video.onended = () => {
      if (run !== this.#run) return;
      this.#seek(transport.begin, transport.rate);
      void video.play().catch(() => transport.stop());
    };
    void video.play().catch(() => {
      if (run === this.#run) transport.stop();
    });
  }

  #backwards(run: number, transport: Transport, speed: number, shown: () => void): void {
    const begun = performance.now();
    const from = transport.frame;
    const next = (): void => {
      if (run !== this.#run || this.#halted) return;
      const gone = Math.round(((performance.now() - begun) / 1000) * transport.rate * speed);
      const frame = transport.wrapped(from - gone);
      const seeked = (): void => {
        if (run !== this.#run) return;
        transport.frame = frame;
        shown();
        this.#timer = window.setTimeout(next, 1000 / transport.rate / 2);
      };
      this.video.addEventListener("seeked", seeked, { once: true });
      this.#seek(frame, transport.rate);
    };
    next();
  }
}
