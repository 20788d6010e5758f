import type { Tensor } from "@tensorflow/tfjs-core";
import type { Distribution, StrategyName } from "../distributions/distribution.js";
import { unknownAddress } from "../dsl/choices.js";
import { ElbowError, located } from "../errors.js";
import { emitOne } from "../ir/builder.js";
import { inline } from "../ir/interpret.js";
import { type Equation, type Program, typeOf, type Variable } from "../ir/program.js";
import { type SampleAttributes, type Strategy, sampleAttributes, samplePrimitive } from "../ir/site.js";
import { trace } from "../ir/tracing.js";
import { sitesOf } from "../transforms/estimate/flatten.js";
import { replaceSites } from "../transforms/forward.js";
import { checkFunction } from "../util/expected.js";

/** What chooses a strategy: `enumerate`, `(d) => reinforce(d, { copies: 4 })`, … The identity leaves it to the estimator. */
export type StrategyFunction = (distribution: Distribution<Tensor, StrategyName>) => Distribution<Tensor, never>;

/** Strategies by the address of the random choice; a choice in a loop has one address for all steps. */
export type StrategyMap = Readonly<Record<string, StrategyFunction>>;

/**
 * The same program with other strategies at some addresses. What a strategy needs of its own (a baseline) can be computed
 * from the parameters of the distribution, or is fixed.
 *
 * @throws ElbowError "unknown-address" for an address that the program does not have
 */
export function replaceStrategies(program: Program, strategies: StrategyMap): Program {
  const known = [...new Set(sitesOf(program).map((site) => sampleAttributes(site).address))];
  for (const address of Object.keys(strategies))
    if (!known.includes(address)) throw unknownAddress(address, known, "the objective");
  return replaceSites(program, (site, inputs) => {
    const choose = strategies[sampleAttributes(site).address];
    if (choose !== undefined)
      checkFunction("withStrategies", "a strategy", choose, "Give functions by address: { x: reinforce }.");
    if (!choose) return emitOne(samplePrimitive, inputs, site.attributes);
    return located(site.source, () => replaceStrategy(site, inputs, choose));
  });
}

function replaceStrategy(site: Equation, [key, ...rest]: readonly Variable[], choose: StrategyFunction): Variable {
  const { strategy: _, isDefault: __, reason: ___, ...attributes } = sampleAttributes(site);
  const parameters = rest.slice(0, attributes.parameterShapes.length);
  let strategy: Strategy | undefined;
  const operands = trace(parameters.map(typeOf), (...tensors) => {
    const { family, batch, event } = attributes;
    const chosen = choose({ family, parameters: tensors, batch, event, strategy: undefined });
    if (chosen.family !== family || chosen.parameters.some((parameter, i) => parameter !== tensors[i]))
      throw new ElbowError("option", {
        message: `what chooses a strategy for "${attributes.address}" must return the distribution that it is given, with a strategy`,
        at: { address: attributes.address },
      });
    strategy = chosen.strategy;
    return strategy?.operands ?? [];
  });
  const replaced: SampleAttributes = {
    ...attributes,
    strategy,
    ...(strategy && { reason: "given from outside the program" }),
  };
  return emitOne(samplePrimitive, [key!, ...parameters, ...inline(operands, parameters)], { ...replaced });
}
