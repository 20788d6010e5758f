import type { Workload } from "../harness/workload.js";
import { coin } from "./coin.js";
import { eightSchools } from "./eightSchools.js";
import { logisticRegression } from "./logisticRegression.js";
import { mixture, mixtureScore } from "./mixture.js";
import { iwae, vae } from "./vae.js";

/** Every workload by name, made when it is asked for: some hold large data. */
export const workloads: ReadonlyMap<string, () => Workload> = new Map([
  ["W1", () => coin],
  ["W2", () => eightSchools],
  ["W3", logisticRegression],
  ["W4", vae],
  ["W5", mixture],
  ["W5s", mixtureScore],
  ["W6", iwae],
]);
