import type { Strategy } from "../ir/site.js";
import { stopGradient } from "../ops/marks.js";

/** No derivative at all: a single draw, constant whatever its distribution's parameters are. For `held`. */
export const heldStrategy: Strategy = {
  name: "held",
  isUnbiased: true,
  isPathwise: true,
  maximumOrder: Number.POSITIVE_INFINITY,
  objection: () => undefined,
  draw: ({ family, parameters, key, batch }) => ({
    value: family.draw(
      parameters.map((each) => stopGradient(each)),
      key,
      batch,
    ),
    keep: {},
  }),
};
