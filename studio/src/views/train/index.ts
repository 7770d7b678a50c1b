import type { View } from "../../shell/views";
import Train from "./Train.svelte";

export default {
  id: "train",
  title: "Train",
  order: 4,
  icon: "M2 2v12h12 M4 4.5c1.5 5.5 4 7 10 7.5",
  component: Train,
} satisfies View;
