import { defineConfig } from "vitest/config";

/** Unit tests are pure: no root, no kernel, no processes. Threads without isolation keep them quick. */
export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "vm/**/*.test.ts", "tools/**/*.test.ts"],
    pool: "threads",
    isolate: false,
    passWithNoTests: true,
  },
});
