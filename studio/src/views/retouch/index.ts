import type { View } from "../../shell/views";
import Retouch from "./Retouch.svelte";

export default {
  id: "retouch",
  title: "Retouch",
  order: 2,
  icon: "M2 14c2.5 0 4-1 4-3 0-1-.8-2-2-2s-2 1-2 2.500z M6 10l7-8 1 1-6.500 8",
  component: Retouch,
} satisfies View;
