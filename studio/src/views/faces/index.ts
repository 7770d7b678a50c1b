import type { View } from "../../shell/views";
import Faces from "./Faces.svelte";

export default {
  id: "faces",
  title: "Faces",
  order: 3,
  icon: "M2 2h5v5H2z M9 2h5v5H9z M2 9h5v5H2z M9 9h5v5H9z",
  component: Faces,
} satisfies View;
