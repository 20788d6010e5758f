// The kernels of plan/sorting.ts: one thread for each element, which finds its place in order or adds up what belongs together.
import { broken } from "../../../../errors.js";
import type { Variable } from "../../../../ir/program.js";
import { sizeOf } from "../../../../util/shapes.js";
import { runLength } from "../../plan/forms.js";
import { type Stage, ways } from "../../plan/sorting.js";
import type { Unit } from "../../plan/units.js";
import type { Emitter } from "../emitter.js";
import { writeChunks, writeSegments } from "./scatter.js";
import { fixed, threads, type Written } from "./unit.js";

/** What has to be smaller the earlier an element comes, as u32. */
function keyOf(emitter: Emitter, element: string, { dtype }: Variable, isDescending: boolean): string {
  if (!isDescending) return `bitcast<u32>(${element})`;
  if (dtype === "bool") return `select(1u, 0u, ${element})`;
  if (dtype === "int32") return `(~(bitcast<u32>(${element}) ^ 0x80000000u))`;
  // −0 and 0 are equal
  const bits = fixed(emitter, `select(bitcast<u32>(${element}), 0u, ${element} == 0f)`);
  return `select(0x7fffffffu - ${bits}, ${bits}, ${bits} >= 0x80000000u)`;
}

/** A workgroup for each run: every element counts those that come before it. */
function writeRuns(emitter: Emitter, unit: Unit, stage: Extract<Stage, { kind: "runs" }>): Written {
  const { equation, targets } = unit.heads[0]!;
  const [x] = equation!.inputs as [Variable];
  const [keys, places] = targets as [Variable, Variable];
  const { elements, kept } = stage.to;
  const runs = Math.ceil(elements / runLength);
  const line = fixed(emitter, `w / ${runs}u`);
  const from = fixed(emitter, `(w % ${runs}u) * ${runLength}u`);
  const count = fixed(emitter, `min(${runLength}u, ${elements}u - ${from})`);
  const at = fixed(emitter, `${from} + min(lid, ${count} - 1u)`);
  const element = emitter.value(x, { shape: x.shape, flat: emitter.define(`(${line} * ${elements}u + ${at})`) });
  const key = fixed(emitter, keyOf(emitter, element, x, stage.isDescending));
  emitter.line(`shared_0[lid] = ${key};`);
  emitter.line("workgroupBarrier();");
  const place = emitter.mutable("u32", "0u");
  emitter.block(`for (var j = 0u; j < ${count}; j++)`, () => {
    emitter.line("let other = shared_0[j];");
    emitter.line(`${place} += select(0u, 1u, other < ${key} || (other == ${key} && j < lid));`);
  });
  emitter.block(`if (lid < ${count} && ${place} < ${kept}u)`, () => {
    const to = `w * ${kept}u + ${place}`;
    emitter.store(keys, to, `bitcast<i32>(${key})`);
    emitter.store(places, to, `i32(${at})`);
  });
  // the memory is used again
  emitter.line("workgroupBarrier();");
  return { workgroups: (sizeOf(x.shape) / elements) * runs };
}

/** Every element's place among those of its group of runs: its own position, and from each other run those before it. */
function writeMerge(emitter: Emitter, unit: Unit, stage: Extract<Stage, { kind: "merge" | "best" }>): Written {
  const { equation, targets } = unit.heads[0]!;
  const [keys, places, x] = equation!.inputs as [Variable, Variable, Variable?];
  const { from, to } = stage;
  const [runs, groups] = [from, to].map(({ elements, length }) => Math.ceil(elements / length)) as [number, number];
  const size = sizeOf(keys.shape);
  const keyAt = (flat: string): string => `bitcast<u32>(${emitter.value(keys, { shape: keys.shape, flat })})`;
  const kept = (run: string): string => `min(${from.kept}u, ${from.elements}u - ${run} * ${from.length}u)`;
  emitter.line(`let i = w * ${threads}u + lid;`);
  emitter.block(`if (i < ${size}u)`, () => {
    const e = fixed(emitter, "i", "e");
    const own = fixed(emitter, `${e} % ${from.kept}u`);
    const run = fixed(emitter, `(${e} / ${from.kept}u) % ${runs}u`);
    const line = fixed(emitter, `${e} / ${from.kept * runs}u`);
    emitter.block(`if (${own} < ${kept(run)})`, () => {
      const key = fixed(emitter, keyAt(e));
      const group = fixed(emitter, `${run} / ${ways(stage)}u`);
      const place = emitter.mutable("u32", own);
      emitter.block(
        `for (var s = ${group} * ${ways(stage)}u; s < min(${group} * ${ways(stage)}u + ${ways(stage)}u, ${runs}u); s++)`,
        () => {
          emitter.line(`if (s == ${run}) { continue; }`);
          const first = fixed(emitter, `(${line} * ${runs}u + s) * ${from.kept}u`);
          emitter.line("var low = 0u;");
          emitter.line(`var high = ${kept("s")};`);
          emitter.block("while (low < high)", () => {
            const middle = fixed(emitter, "(low + high) / 2u");
            const other = fixed(emitter, keyAt(emitter.define(`(${first} + ${middle})`)));
            // of equal elements those of earlier runs come first
            emitter.line(`let isBefore = ${other} < ${key} || (${other} == ${key} && s < ${run});`);
            emitter.line(`low = select(low, ${middle} + 1u, isBefore);`);
            emitter.line(`high = select(${middle}, high, isBefore);`);
          });
          emitter.line(`${place} += low;`);
        },
      );
      emitter.block(`if (${place} < ${to.kept}u)`, () => {
        const target = `(${line} * ${groups}u + ${group}) * ${to.kept}u + ${place}`;
        const index = fixed(emitter, emitter.value(places, { shape: places.shape, flat: e }));
        if (x) {
          const flat = emitter.define(`(${line} * ${from.elements}u + u32(${index}))`);
          emitter.store(targets[0]!, target, emitter.value(x, { shape: x.shape, flat }));
        } else emitter.store(targets[0]!, target, `bitcast<i32>(${key})`);
        emitter.store(targets[1]!, target, index);
      });
    });
  });
  return { workgroups: Math.ceil(size / threads) };
}

export function writeSort(emitter: Emitter, unit: Unit): Written {
  const stage = unit.heads[0]!.stage ?? broken("a sort without a stage");
  if (stage.kind === "runs") return writeRuns(emitter, unit, stage);
  if (!("chunk" in stage)) return writeMerge(emitter, unit, stage);
  return stage.kind === "chunks" ? writeChunks(emitter, unit, stage.chunk) : writeSegments(emitter, unit, stage.chunk);
}
