import type { View } from "../../shell/views";
import Jobs from "./Jobs.svelte";

export default {
  id: "jobs",
  title: "Shots",
  order: 9,
  icon: "M2 4h12M2 8h12M2 12h7",
  component: Jobs,
} satisfies View;
