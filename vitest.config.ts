import { defineConfig } from "vitest/config";

/** Unit tests are pure: no root, no kernel, no processes. Threads without isolation keep them quick. */
export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "vm/**/*.test.ts", "tools/**/*.test.ts"],
    pool: "threads",
    isolate: false,
    // What hangs is to end; how long a pure test takes says only how busy the machine is.
    testTimeout: 60_000,
    passWithNoTests: true,
  },
});
