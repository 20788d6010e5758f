import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const slow = "test/**/*.slow.test.ts";
/** Files that need a process in which nothing has happened yet. The others share processes: importing takes longer than most tests. */
const alone = "test/runtime/engineByName.test.ts";
/** CI counts the tests from this file (.ci/run sets it). */
const resultFile = process.env.VITEST_RESULT_FILE;

export default defineConfig({
  resolve: {
    alias: [{ find: /^elbow$/, replacement: fileURLToPath(new URL("./src/index.ts", import.meta.url)) }],
  },
  test: {
    // one process less than there are cores would be one alone on two
    maxWorkers: "100%",
    reporters: resultFile ? ["default", ["json", { outputFile: resultFile }]] : ["default"],
    projects: [
      {
        extends: true,
        test: {
          name: "fast",
          include: ["test/**/*.test.ts"],
          exclude: [slow, alone],
          isolate: false,
          setupFiles: ["test/support/cpuBackend.ts"],
          testTimeout: 60_000,
        },
      },
      { extends: true, test: { name: "alone", include: [alone] } },
      { extends: true, test: { name: "slow", include: [slow], testTimeout: 600_000, hookTimeout: 600_000 } },
    ],
  },
});
