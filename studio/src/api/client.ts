// What is asked of the server, with the types that are made of its schema (`npm run types`).

import type { components } from "./schema";

type Schemas = components["schemas"];
export type ProjectState = Schemas["ProjectState"];
export type FilmState = Schemas["FilmState"];
export type Layer = FilmState["layers"][number];
export type Span = Schemas["Span"];
export type ReviewState = Schemas["ReviewState"];
export type FlawEvent = Schemas["Event"];
export type Note = Schemas["Note"];
export type Judged = Schemas["Judged"];
export type Verdict = Judged["verdict"];
export type RetouchState = Schemas["RetouchState"];
export type Draft = Schemas["Draft"];
export type Promoted = Schemas["Promoted"];
export type Edit = Schemas["Edit"];
export type EngineChoice = Schemas["EngineChoice"];
export type ShotsState = Schemas["ShotsState"];
export type Compositing = Required<Schemas["Compositing"]>;
export type Job = Schemas["Job"];
export type Pulse = Schemas["Pulse"];

/** What the server refused, in its own sentence. A `conflict` means that another window was quicker. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }

  get conflict(): boolean {
    return this.status === 409;
  }
}

/** What the server takes at once. */
const LARGEST = 16 << 20;

/** Ask; the answer's body as JSON, undefined where there is none. Throws Refusal. */
export function ask<T>(path: string, method = "GET", body?: unknown): Promise<T> {
  const headers: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
  return asked(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
}

/** Send a file as it is. Throws Refusal. */
export function send<T>(path: string, file: File): Promise<T> {
  // a server that refuses in the middle of a body is not heard
  if (file.size > LARGEST) return Promise.reject(new Refusal(`${file.name} is larger than ${LARGEST >> 20} MiB.`, 413));
  return asked(path, { method: "POST", headers: { "content-type": "application/octet-stream" }, body: file });
}

async function asked<T>(path: string, request: RequestInit): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(`/api${path}`, request);
  } catch {
    throw new Refusal("The studio does not answer. Is understudy studio still running?", 0);
  }
  if (!answer.ok) throw new Refusal(await sentence(answer), answer.status);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

/** What the server says of why it refused. */
export async function sentence(answer: Response): Promise<string> {
  try {
    const detail: unknown = (await answer.json()).detail;
    if (typeof detail === "string") return detail;
  } catch {
    // not JSON: an error of ours
  }
  return `The studio made a mistake (${answer.status}).`;
}
