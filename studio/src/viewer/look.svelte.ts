// How pictures are looked at: which, compared how, from how near, how bright.

import type { Layer } from "../api/client";

export type Mode = "one" | "wipe" | "blink" | "onion" | "difference";
export type Channel = "rgb" | "r" | "g" | "b" | "luma";

export const CHANNELS: Channel[] = ["rgb", "r", "g", "b", "luma"];

export class Look {
  layer = $state<Layer>("result");
  other = $state<Layer>("plate");
  mode = $state<Mode>("one");
  /** Where the wipe's line is, as a share of the picture's width. */
  wipe = $state(0.5);
  /** How much of the other picture shines through. */
  onion = $state(0.5);
  /** Stops, on light. */
  exposure = $state(0);
  channel = $state<Channel>("rgb");
  /** CSS pixels of one pixel of the frame; undefined: all of the frame is to be seen. */
  zoom = $state<number>();
  /** What lies in the middle, in the frame's pixels; undefined: the frame's middle. */
  centre = $state<{ x: number; y: number }>();
  /** The other picture is shown now, as blinking or the key wants it. */
  swapped = $state(false);

  toggle(mode: Mode): void {
    this.mode = this.mode === mode ? "one" : mode;
  }

  fit(): void {
    this.zoom = this.centre = undefined;
  }

  plain(): void {
    this.exposure = 0;
    this.channel = "rgb";
  }

  show(channel: Channel): void {
    this.channel = this.channel === channel ? "rgb" : channel;
  }
}

/** From the frame's pixels to CSS pixels of the viewer: p * scale + (x, y). */
export interface Place {
  scale: number;
  x: number;
  y: number;
}

export function placed(look: Look, frame: { width: number; height: number }, view: { width: number; height: number }): Place {
  const all = Math.min(view.width / frame.width, view.height / frame.height) || 1;
  const scale = look.zoom ?? all;
  const centre = look.zoom === undefined ? undefined : look.centre;
  const [x, y] = centre ? [centre.x, centre.y] : [frame.width / 2, frame.height / 2];
  return { scale, x: Math.round(view.width / 2 - x * scale), y: Math.round(view.height / 2 - y * scale) };
}
