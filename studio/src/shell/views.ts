// A view is a folder in src/views/ whose index.ts exports a View by default. Nothing else has to know of it.

import type { Component } from "svelte";

export interface View {
  /** Name in the address, as #review. */
  id: string;
  title: string;
  /** Place in the rail, from the top. */
  order: number;
  /** Path data of a 16 x 16 icon, drawn as a line. */
  icon: string;
  component: Component;
}

const found = import.meta.glob<{ default: View }>("../views/*/index.ts", { eager: true });

export const views: View[] = Object.values(found)
  .map((module) => module.default)
  .sort((one, other) => one.order - other.order);
