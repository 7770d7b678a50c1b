// The brush: what it does, how large and soft it is, and where it takes colours from.

import type { components } from "../../api/schema";

type Drawn = components["schemas"]["Drawing"]["operation"];
/** What is drawn with the brush, and what is done otherwise. */
export type Operation = Drawn | "nudge" | "gaze" | "hold" | "settings";
export type Stroke = components["schemas"]["DrawnStroke"];
type CloneSource = components["schemas"]["CloneSource"];

export type Eye = "right" | "left";

export interface ToolName {
  operation: Operation;
  name: string;
  key: string;
  hint: string;
}

export const TOOLS: ToolName[] = [
  { operation: "heal", name: "Heal", key: "H", hint: "Makes a spot like the skin around it." },
  { operation: "clone", name: "Clone", key: "C", hint: "Brings colours from somewhere else." },
  { operation: "paint", name: "Paint", key: "V", hint: "Lays a colour on; Alt takes one up from the picture." },
  { operation: "colour", name: "Colour", key: "Q", hint: "Brighter, darker, warmer, cooler." },
  { operation: "sharpen", name: "Sharpen", key: "S", hint: "Brings detail out." },
  { operation: "blur", name: "Blur", key: "T", hint: "Softens detail." },
  { operation: "show-plate", name: "Show plate", key: "X", hint: "Takes the matte away: the plate shows." },
  { operation: "show-result", name: "Show face", key: "A", hint: "Brings the face back as it was made." },
  { operation: "nudge", name: "Nudge", key: "U", hint: "Takes hold of the skin and draws it: a lip's corner, a brow, the jaw." },
  { operation: "gaze", name: "Gaze", key: ";", hint: "Turns both eyes or one; between keyframes they turn evenly." },
  { operation: "hold", name: "Hold", key: "'", hint: "Puts bad frames together from the good ones beside them." },
  { operation: "settings", name: "Settings", key: "/", hint: "How the face is put into the plate over a range, and by which engine." },
];

/** Whether an operation is drawn with strokes of the brush. */
export function isDrawn(operation: Operation): operation is Drawn {
  return !["nudge", "gaze", "hold", "settings"].includes(operation);
}

export class Brush {
  operation = $state<Operation>("heal");
  /** Pixels of the frame. */
  radius = $state(12);
  softness = $state(0.5);
  opacity = $state(1);
  colour = $state("#b98a72");
  /** Stops of each channel. */
  stops = $state({ red: 0.3, green: 0.3, blue: 0.3 });
  amount = $state(0.6);
  blur = $state(0.03);
  from = $state<CloneSource["kind"]>("plate");
  fromFrame = $state(0);
  /** Where Alt was pressed: colours come from there, first to first. */
  anchor = $state<{ x: number; y: number }>();
  inLight = $state(true);
  /** Which eyes are turned: the performer's own right one stands on the picture's left. */
  eyes = $state<"both" | Eye>("both");

  get rgb(): [number, number, number] {
    const value = parseInt(this.colour.slice(1), 16);
    return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
  }

  get values(): Record<string, number> {
    if (this.operation === "colour") {
      const logs = Object.entries(this.stops).map(([name, stop]) => [name, stop * Math.LN2] as const);
      return Object.fromEntries(logs);
    }
    if (this.operation === "sharpen") return { amount: this.amount };
    if (this.operation === "blur") return { radius: this.blur };
    return {};
  }

  source(begun?: [number, number]): CloneSource {
    const offset: [number, number] =
      this.from === "place" && this.anchor && begun ? [this.anchor.x - begun[0], this.anchor.y - begun[1]] : [0, 0];
    return { kind: this.from, frame: this.fromFrame, offset, in_light: this.inLight };
  }

  /** What is missing before it can draw, in words. */
  get lacks(): string | undefined {
    if (this.operation === "clone" && this.from === "place" && !this.anchor) return "Hold Alt and choose where colours come from.";
    return undefined;
  }

  grow(factor: number): void {
    this.radius = Math.max(1, Math.min(400, this.radius * factor));
  }
}
