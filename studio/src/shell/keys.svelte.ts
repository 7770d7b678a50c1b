// Keys: what can be done, by which key, and which keys somebody would rather have (kept in this browser).

export interface Action {
  id: string;
  title: string;
  group: string;
  keys: string[];
  run: () => void;
  /** Called when the key is let go. */
  release?: () => void;
}

const STORE = "understudy-keys";

class Keys {
  actions = $state.raw<Action[]>([]);
  chosen = $state<Record<string, string[]>>(read());
  /** Where the keys go while the sheet waits for one. */
  waiting = $state<string>();

  // Not state: an effect that is torn down reads state as it was before.
  #offered: Action[] = [];

  /** Offer actions until what is returned is called. */
  offer(actions: Action[]): () => void {
    this.actions = this.#offered = [...this.#offered, ...actions];
    return () => {
      this.actions = this.#offered = this.#offered.filter((action) => !actions.includes(action));
    };
  }

  keysOf(action: Action): string[] {
    return this.chosen[action.id] ?? action.keys;
  }

  /** Actions that answer to a key, besides one. */
  taken(key: string, but: string): Action[] {
    return this.actions.filter((action) => action.id !== but && this.keysOf(action).includes(key));
  }

  choose(id: string, keys: string[] | undefined): void {
    if (keys === undefined) delete this.chosen[id];
    else this.chosen[id] = keys;
    localStorage.setItem(STORE, JSON.stringify(this.chosen));
  }

  reset(): void {
    this.chosen = {};
    localStorage.removeItem(STORE);
  }

  /** What a key does; answers whether anything. */
  press(event: KeyboardEvent): boolean {
    const name = nameOf(event);
    if (this.waiting !== undefined) {
      if (name === undefined) return true;
      if (name !== "Escape") this.choose(this.waiting, [name]);
      this.waiting = undefined;
      return true;
    }
    if (name === undefined || isTyping(event)) return false;
    const action = this.actions.findLast((each) => this.keysOf(each).includes(name));
    if (!action) return false;
    if (!(event.repeat && action.release)) action.run();
    return true;
  }

  lift(event: KeyboardEvent): void {
    const name = nameOf(event);
    for (const action of this.actions) {
      if (action.release && name !== undefined && this.keysOf(action).includes(name)) action.release();
    }
  }
}

/** A key as it is written down: "W", "Shift+ArrowLeft", "Space", "?". Letters are as on their caps. */
export function nameOf(event: KeyboardEvent): string | undefined {
  const { key } = event;
  if (["Shift", "Control", "Alt", "Meta"].includes(key)) return undefined;
  const plain = key === " " ? "Space" : key.length === 1 ? key.toUpperCase() : key;
  const shifted = event.shiftKey && (key.length > 1 || /[a-z]/i.test(key) || key === " ");
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${shifted ? "Shift+" : ""}${plain}`;
}

/** For people: arrows as arrows. */
export function spoken(key: string): string {
  const names: Record<string, string> = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };
  return key.replace(/[A-Za-z]+$/, (last) => names[last] ?? last);
}

/** What sliders and the like need to be moved; other keys do what they do elsewhere. */
const MOVES = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"];

function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  if (!target) return false;
  if (target.closest("textarea, select, [contenteditable]")) return true;
  if (target instanceof HTMLInputElement) {
    if (target.type === "checkbox") return event.key === " ";
    if (target.type === "radio") return event.key === " " || MOVES.includes(event.key);
    if (target.type === "range") return MOVES.includes(event.key);
    return true;
  }
  // enter is for a button or link; space goes on to play, as after a click with the mouse
  return target.closest("button, a, summary") !== null && event.key === "Enter";
}

function read(): Record<string, string[]> {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(STORE) ?? "{}");
    return kept !== null && typeof kept === "object" ? (kept as Record<string, string[]>) : {};
  } catch {
    return {};
  }
}

export const keys = new Keys();
