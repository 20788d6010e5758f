// The source of one dispatch: a function for each of its units, and who calls which.
import { broken } from "../../../errors.js";
import type { Dispatch } from "../plan/items.js";
import type { Graph } from "../plan/roots.js";
import type { Unit } from "../plan/units.js";
import { functionsFor } from "../wgsl/library.js";
import { Emitter } from "./emitter.js";
import type { Places } from "./places.js";
import { writeLines } from "./units/lines.js";
import { writeMap } from "./units/map.js";
import { writeProduct } from "./units/product.js";
import { writeRank } from "./units/rank.js";
import { writeReduction } from "./units/reduce.js";
import { writeSort } from "./units/sort.js";
import { opaque, sharedArrays, threads, type Written } from "./units/unit.js";
import { expressionOf } from "./values.js";

export interface Kernel {
  readonly source: string;
  readonly workgroups: number;
}

/** What kernels have in common. */
export interface KernelContext {
  readonly graph: Graph;
  readonly places: Places;
  readonly buffers: number;
  /** So many of them, the last ones, hold an input each and are only read. */
  readonly inputBuffers: number;
  /** Counters of loops that are run dispatch by dispatch. */
  readonly counters: number;
}

const writers: Readonly<Record<Exclude<Unit["kind"], "loop" | "host">, (emitter: Emitter, unit: Unit) => Written>> = {
  map: writeMap,
  reduce: writeReduction,
  product: writeProduct,
  line: writeLines,
  rank: writeRank,
  sort: writeSort,
};

/** Memory of workgroups, by name. */
const workgroupMemory: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Array.from({ length: sharedArrays }, (_, i) => [`shared_${i}`, `array<u32, ${threads}>`])),
  tile_a: "array<f32, 1024>",
  tile_b: "array<f32, 1024>",
};

/** @param steps - the variable that counts steps, if the kernel takes as many as its parameters say */
export function kernelOf({ levels, isAlone }: Dispatch, context: KernelContext, steps?: string): Kernel {
  const functions: string[] = [];
  const counters: string[] = [];
  /** The number of a unit's function and of its workgroups. */
  const write = (unit: Unit): { name: string; workgroups: number } => {
    const emitter = new Emitter(context.graph, context.places, expressionOf);
    for (const each of unit.writes) emitter.own.add(each);
    const writer =
      unit.kind === "loop" || unit.kind === "host" ? broken(`a ${unit.kind} has no kernel`) : writers[unit.kind];
    const { workgroups } = writer(emitter, unit);
    const name = `unit_${functions.length}`;
    functions.push(`fn ${name}(w: u32, lid: u32) {\n${emitter.text()}\n}`);
    return { name, workgroups };
  };
  const sequence = (each: readonly (readonly Unit[])[], indent: string): string =>
    each
      .map((units) =>
        units
          .map((unit) => {
            if (unit.kind === "loop") return repeat(unit, indent);
            const { name, workgroups } = write(unit);
            if (workgroups === 1) return `${indent}${name}(0u, lid);\n`;
            return `${indent}for (var w = 0u; w < ${opaque(workgroups)}; w++) { ${name}(w, lid); }\n`;
          })
          .join(""),
      )
      .join(`${indent}storageBarrier();\n`);
  const repeat = ({ inner }: Unit, indent: string): string => {
    const { loop, levels: inside } = inner!;
    if (loop.length === 0) return "";
    counters.push(loop.index);
    const body = sequence(inside, `${indent}  `);
    const count = `s${counters.length}`;
    return `${indent}for (var ${count} = 0u; ${count} < ${opaque(loop.length)}; ${count}++) {\n${indent}  ${loop.index} = ${count};\n${body}${indent}  storageBarrier();\n${indent}}\n`;
  };
  let workgroups = 1;
  let main: string;
  if (steps) {
    counters.push(steps);
    main = `  for (var n = 0u; n < params.count; n++) {\n    ${steps} = n;\n${sequence(levels, "    ")}    storageBarrier();\n  }\n`;
  } else if (isAlone) main = sequence(levels, "  ");
  else {
    workgroups = 0;
    const cases = levels[0]!.map((unit) => {
      const from = workgroups;
      const written = write(unit);
      workgroups += written.workgroups;
      return `if (w < ${workgroups}u) { ${written.name}(w - ${from}u, lid); }`;
    });
    main = `  let w = wid.x + wid.y * count.x;\n  ${cases.join("\n  else ")}\n`;
  }
  const body = [
    ...functions,
    `@compute @workgroup_size(${threads})\nfn main(@builtin(workgroup_id) wid: vec3u, @builtin(num_workgroups) count: vec3u, @builtin(local_invocation_index) lid: u32) {\n${main}}`,
  ].join("\n");
  const library = functionsFor(body);
  const memory = Object.entries(workgroupMemory)
    .filter(([name]) => body.includes(`${name}[`))
    .map(([name, type]) => `var<workgroup> ${name}: ${type};`);
  const head = [
    `struct Params { zero: u32, step: u32, count: u32, unused: u32, loops: array<vec4u, ${Math.max(1, context.counters)}> }`,
    "@group(0) @binding(0) var<uniform> params: Params;",
    ...Array.from(
      { length: context.buffers },
      (_, i) =>
        `@group(0) @binding(${i + 1}) var<storage, ${i < context.buffers - context.inputBuffers ? "read_write" : "read"}> m${i}: array<u32>;`,
    ),
    ...memory,
    ...counters.map((name) => `var<private> ${name}: u32;`),
  ];
  return { source: `${[...head, library, body].join("\n")}\n`, workgroups };
}
