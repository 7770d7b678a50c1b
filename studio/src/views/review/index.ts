import type { View } from "../../shell/views";
import Review from "./Review.svelte";

export default {
  id: "review",
  title: "Review",
  order: 1,
  icon: "M1.5 3.5h13v9h-13z M6.5 6v4l3.5-2z",
  component: Review,
} satisfies View;
