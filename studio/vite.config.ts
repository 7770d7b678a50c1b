import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: "../src/understudy/studio/static",
    emptyOutDir: true,
    target: "es2022",
    // the page's security policy allows no code or style inside of it
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
});
