import type { AxisRole, Explanation, LeafExplanation, SiteExplanation } from "../inference/explain/explain.js";
import { checkResultOf } from "../util/expected.js";
import { table } from "./table.js";

/** An explanation as tables without colours: choices, leaves of the objective, and the cost after every transform. */
export function formatExplanation(explanation: Explanation): string {
  checkResultOf("explain(…)", "formatExplanation", explanation, ["sites", "leaves", "stages"]);
  const { sites, leaves, stages, isUnbiased, order } = explanation;
  const verdict = `the estimate is ${isUnbiased ? "unbiased" : "biased"} and may be differentiated ${order === "any" ? "as often as you like" : order === 1 ? "once" : `${order} times`}`;
  return [
    sites.length === 0 ? "no random choices" : siteTable(sites),
    sites.length === 0 ? "" : `${verdict}\n`,
    "leaves of the objective, each estimated on its own",
    leafTable(leaves),
    "cost",
    table(
      ["after", "equations", "lanes", "kFLOP", "multiply-adds", "kB"],
      stages.map(({ stage, equations, lanes, flops, multiplyAdds, bytes }) => ({
        after: stage,
        equations,
        lanes,
        kFLOP: number(flops / 1000),
        "multiply-adds": number(multiplyAdds),
        kB: number(bytes / 1000),
      })),
    ),
  ]
    .filter((text) => text)
    .join("\n");
}

/** What stands behind a strategy's name. */
export const biasOf = (isUnbiased: boolean, exactDegree: number | undefined): string =>
  isUnbiased ? "" : exactDegree === undefined ? ", biased" : `, exact to degree ${exactDegree}`;

const siteTable = (sites: readonly SiteExplanation[]): string =>
  table(
    ["address", "distribution", "strategy", "lanes", "order", "leaves", "line", "why"],
    sites.map(
      ({ address, family, strategy, isDefault, isUnbiased, exactDegree, lanes, order, leaves, source, why }) => ({
        address,
        distribution: family,
        strategy: `${strategy}${isDefault ? " (default)" : ""}${biasOf(isUnbiased, exactDegree)}`,
        lanes,
        order,
        leaves: leaves ? leaves.map(({ leaf, axes }) => `${leaf}${describeAxes(axes)}`).join(", ") : "in a loop",
        line: source ?? "",
        why,
      }),
    ),
  );

const leafTable = (leaves: readonly LeafExplanation[]): string =>
  table(
    ["leaf", "operation", "shape", "lanes", "choices", "line"],
    leaves.map(({ number: leaf, operation, shape, lanes, sites, source }) => ({
      leaf,
      operation: operation ?? "given",
      shape: `[${shape.join(", ")}]`,
      lanes,
      choices: sites.join(", "),
      line: source ?? "",
    })),
  );

/** ` [0, mixed, ≤1]`: per batch axis of the choice the leaf's axis that it is aligned with or runs along. */
export const describeAxes = (axes: readonly AxisRole[]): string =>
  axes.length === 0
    ? ""
    : ` [${axes.map((role) => (role.kind === "mixed" ? "mixed" : role.kind === "aligned" ? role.axis : `${role.reverse ? "≥" : "≤"}${role.axis}`)).join(", ")}]`;

const number = (x: number): string =>
  x === 0 ? "0" : x >= 100 ? Math.round(x).toLocaleString("en-US") : String(Number.parseFloat(x.toPrecision(3)));
