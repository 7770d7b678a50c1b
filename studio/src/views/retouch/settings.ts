// How a face is made and put into the plate over a range, as an edit says it at a frame.

import type { Edit } from "../../api/client";

export type Numbers = Record<"strength" | "scale" | "erode" | "blur", number>;

export const USUAL: Numbers = { strength: 1, scale: 1, erode: 0, blur: 0 };

/** The numbers of an edit at a frame, evenly between its keys as the film shows them. */
export function numbersAt(edit: Edit | undefined, frame: number): Numbers {
  if (edit?.operation !== "settings") return USUAL;
  const after = edit.keys.findIndex((key) => key.frame >= frame);
  const behind = edit.keys[after < 0 ? edit.keys.length - 1 : after]!;
  const before = after > 0 ? edit.keys[after - 1]! : behind;
  const share = behind.frame === before.frame ? 1 : (frame - before.frame) / (behind.frame - before.frame);
  const found = { ...USUAL };
  for (const name of Object.keys(found) as (keyof Numbers)[])
    found[name] = (1 - share) * (before.values?.[name] ?? USUAL[name]) + share * (behind.values?.[name] ?? USUAL[name]);
  return found;
}

/** Whether an edit says anything by numbers: one that only names an engine leaves them to other edits. */
export function hasNumbers(edit: Edit | undefined): boolean {
  return edit?.operation === "settings" && edit.keys.some((key) => Object.keys(key.values ?? {}).length > 0);
}
