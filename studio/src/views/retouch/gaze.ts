// How far eyes are turned: both together, or each by itself.

import type { Edit } from "../../api/client";
import type { Eye } from "./brush.svelte";

export type Way = "yaw" | "pitch";
export type Turned = Record<`${Eye}_${Way}`, number>;

/** Degrees that one edit turns an eye at most. */
const MOST = 30;
export const STRAIGHT: Turned = { right_yaw: 0, right_pitch: 0, left_yaw: 0, left_pitch: 0 };

/** What an edit does to the eyes at a frame, evenly between its keys as the film shows it. */
export function turnedAt(edit: Edit | undefined, frame: number): Turned {
  if (edit?.operation !== "gaze") return STRAIGHT;
  const after = edit.keys.findIndex((key) => key.frame >= frame);
  const behind = edit.keys[after < 0 ? edit.keys.length - 1 : after]!;
  const before = after > 0 ? edit.keys[after - 1]! : behind;
  const share = behind.frame === before.frame ? 1 : (frame - before.frame) / (behind.frame - before.frame);
  const turned = { ...STRAIGHT };
  for (const name of Object.keys(turned) as (keyof Turned)[])
    turned[name] = (1 - share) * (before.values?.[name] ?? 0) + share * (behind.values?.[name] ?? 0);
  return turned;
}

/** Degrees of one eye, or the middle of both. */
export function degrees(turned: Turned, eyes: "both" | Eye, way: Way): number {
  if (eyes !== "both") return turned[`${eyes}_${way}`];
  return (turned[`right_${way}`] + turned[`left_${way}`]) / 2;
}

/** Eyes turned to some degrees. Both together keep what they are apart. */
export function turn(turned: Turned, eyes: "both" | Eye, way: Way, to: number): Turned {
  const by = to - degrees(turned, eyes, way);
  const found = { ...turned };
  for (const eye of eyes === "both" ? (["right", "left"] as const) : [eyes])
    found[`${eye}_${way}`] = Math.max(-MOST, Math.min(MOST, found[`${eye}_${way}`] + by));
  return found;
}
