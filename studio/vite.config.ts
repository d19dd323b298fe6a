import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// The build lands in the Python package. Nothing in it depends on this machine, the time or the place of the source,
// so the same lockfile gives the same bytes (tests/browser/test_build.py). Data addresses are refused for assets: the
// server's content security policy loads fonts and scripts as files of its own only.
export default defineConfig({
  plugins: [svelte()],
  base: "/",
  build: {
    outDir: "../src/unfog/server/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 400,
  },
  server: {
    port: 5173,
    proxy: { "/api": "http://127.0.0.1:8765" },
  },
});
