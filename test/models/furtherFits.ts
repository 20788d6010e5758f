// What the modules of the gallery fit besides their objective: other estimators, bounds and guides, where they are small.
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { measureValued, reinforce, reparam } from "elbow";
import * as air from "../../models/air.js";
import * as cone from "../../models/cone.js";
import * as miniAir from "../../models/miniAir.js";
import { canvasPixels } from "../../models/support/canvases.js";
import { pixels } from "../../models/support/digits.js";
import * as threeSites from "../../models/threeSites.js";
import * as vae from "../../models/vae.js";
import type { ShortFit } from "./shortFits.js";

/** Squares and lines, for what would be images. */
const shapes = (size: number): Tensor => tf.tidy(() => tf.cast(tf.greater(tf.sin(tf.range(0, 3 * size)), 0.7), "float32").reshape([3, size])); // biome-ignore format: short

const smallAir = air.makeNetwork({ lstm: 4, hidden: 4, what: 2, window: 4 }, 0, { hasBaseline: true });
const { baseline: _, ...airWithoutBaseline } = smallAir;

const of = (
  name: string,
  objective: unknown,
  parameters: object,
  data: readonly Tensor[] = [],
  settings: ShortFit["settings"] = {},
): ShortFit => ({
  name,
  objective: objective as ShortFit["objective"],
  parameters,
  batches: [data],
  settings,
});

export const furtherFits: readonly ShortFit[] = [
  of("cone, importance-weighted", cone.weighted, cone.parameters),
  ...Object.entries(cone.hierarchical)
    .filter(([name]) => !name.includes("1000"))
    .map(([name, objective]) => of(`cone, ${name}`, objective, cone.spread)),
  ...Object.entries(miniAir.estimators)
    .filter(([name]) => name !== "enumeration")
    .map(([name, { objective, draws }]) =>
      of(`miniAir, ${name}`, objective, miniAir.parameters, miniAir.data, { draws: Math.min(draws, 4) }),
    ),
  of(
    "threeSites, measure-valued",
    threeSites.threeSites(measureValued, measureValued, (d) => reparam(d)),
    threeSites.parameters,
  ),
  of("threeSites, scores", threeSites.threeSites(reinforce, reinforce, reinforce), threeSites.parameters),
  of("vae, importance-weighted", vae.weightedBound(3), vae.makeNetwork({ hidden: 8, latent: 3 }), [shapes(pixels)]),
  of("air, learned", air.bound("learned"), smallAir, [shapes(canvasPixels)]),
  of("air, sleep", air.reweighted(3, "sleep"), airWithoutBaseline, [shapes(canvasPixels)]),
];
