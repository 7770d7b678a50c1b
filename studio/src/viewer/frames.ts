// Exact frames from the server, decoded, the last used ones kept.

import { sentence } from "../api/client";

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Picture {
  image: ImageBitmap;
  /** Which part of the frame it shows, in the frame's pixels. */
  rect: Rect;
}

const KEPT = 40;

export class Frames {
  #kept = new Map<string, Promise<ImageBitmap>>();

  get(address: string): Promise<ImageBitmap> {
    const known = this.#kept.get(address);
    if (known) {
      this.#kept.delete(address);
      this.#kept.set(address, known);
      return known;
    }
    const wanted = fetched(address);
    this.#kept.set(address, wanted);
    wanted.catch(() => this.#kept.delete(address));
    for (const [old, image] of this.#kept) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(old);
      void image.then((bitmap) => setTimeout(() => bitmap.close(), 2000)).catch(() => undefined);
    }
    return wanted;
  }
}

async function fetched(address: string): Promise<ImageBitmap> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(await sentence(answer));
  // The pixels as they are in the file: what is judged is not to be bent to some screen's profile.
  return createImageBitmap(await answer.blob(), { colorSpaceConversion: "none", premultiplyAlpha: "none" });
}

/** Which part of a frame to fetch, and how small, for a scale in device pixels. */
export interface Cut {
  shrink: number;
  region?: Rect;
}

const GRID = 64;
const LARGEST = 2_400_000;

export function cutFor(scale: number, visible: Rect, frame: { width: number; height: number }): Cut {
  if (scale < 1) return { shrink: Math.min(16, 2 ** Math.floor(Math.log2(1 / scale) + 0.01)) };
  const x = Math.max(0, Math.floor(visible.x / GRID) * GRID);
  const y = Math.max(0, Math.floor(visible.y / GRID) * GRID);
  const right = Math.min(frame.width, Math.ceil((visible.x + visible.width) / GRID) * GRID);
  const bottom = Math.min(frame.height, Math.ceil((visible.y + visible.height) / GRID) * GRID);
  const region = { x, y, width: Math.max(1, right - x), height: Math.max(1, bottom - y) };
  return region.width * region.height > LARGEST ? { shrink: 1 } : { shrink: 1, region };
}

/** The query of a cut; a region is lossless, so that what is seen magnified is what is there. */
export function query(cut: Cut): string {
  const { region } = cut;
  if (!region) return `shrink=${cut.shrink}`;
  return `x=${region.x}&y=${region.y}&width=${region.width}&height=${region.height}&lossless=true`;
}
