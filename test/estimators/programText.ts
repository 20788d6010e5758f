import { withoutUnused } from "./exactProgram.js";
import { operationOf } from "./plainArrays.js";
import type { Block, RandomProgram, Value } from "./randomPrograms.js";

/** The program as a person would write it. */
export function textOf(program: RandomProgram): string {
  const { body, entropy } = withoutUnused(program);
  const named = (values: readonly Value[]) => values.map(({ name }) => name);
  const block = ({ nodes: equations, result }: Block, indent: string, last: string): string[] => [
    ...equations.flatMap((node): string[] => {
      const note = ` // [${node.out.shape}]`;
      if (node.kind === "operation")
        return [
          `${indent}const ${node.out.name} = ${operationOf(node.operation).text(named(node.inputs), node.attributes)};${note}`,
        ];
      if (node.kind === "site")
        return [
          `${indent}const ${node.out.name} = yield* sample("${node.address}", ${node.strategy}(${node.repeat ? `iid([${node.repeat}], ` : ""}${node.family}(${named(node.parameters)})${node.repeat ? ")" : ""}));${note}`,
        ];
      if (node.kind === "cond")
        return [
          `${indent}const ${node.out.name} = yield* cond("${node.address}", tf.equal(${node.on.name}, ${node.is}), {${note}`,
          ...block(node.branches[0], `${indent}  `, "return"),
          `${indent}}, {`,
          ...block(node.branches[1], `${indent}  `, "return"),
          `${indent}});`,
        ];
      return [
        `${indent}const { carry: ${node.out.name}, outputs: ${node.outputs.name} } = yield* scan("${node.address}", (${node.carry.name}, ${node.element.name}) => {${note}`,
        ...block(node.body, `${indent}  `, `output ${node.output.name}; carry`),
        `${indent}}, ${node.initial.name}, ${node.sequence?.name ?? node.length});`,
      ];
    }),
    `${indent}${last} ${result.name}`,
  ];
  return block(body, "", `return ${entropy === undefined ? "" : `${entropy} * logDensity + `}`).join("\n");
}
