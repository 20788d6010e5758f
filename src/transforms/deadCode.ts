// Leaving out what no output depends on, also inside loops and branches.
import type { CondAttributes, ScanAttributes } from "../ir/control.js";
import type { Equation, Program, Variable } from "../ir/program.js";

/** Leaves out equations and constants that no output depends on, and results of loops and branches that nothing uses. */
export function withoutDeadCode(program: Program): Program {
  const needed = new Set<Variable>(program.outputs);
  const used: Equation[] = [];
  for (let i = program.equations.length - 1; i >= 0; i--) {
    const equation = program.equations[i]!;
    if (!equation.outputs.some((output) => needed.has(output))) continue;
    const pruned = withoutDeadResults(equation, needed);
    for (const input of pruned.inputs) needed.add(input);
    used.push(pruned);
  }
  return {
    ...program,
    constants: program.constants.filter(({ variable }) => needed.has(variable)),
    equations: used.reverse(),
  };
}

/** A loop or a branch without the results that nothing needs, and without the inputs that were needed for these alone. */
function withoutDeadResults(equation: Equation, needed: ReadonlySet<Variable>): Equation {
  const { primitive, attributes, outputs } = equation;
  if (primitive.name !== "scan" && primitive.name !== "cond") return equation;
  const first = primitive.name === "scan" ? (attributes as ScanAttributes).carries : 0;
  const isKept = outputs.map((output, i) => i < first || needed.has(output));
  if (isKept.every(Boolean)) return equation;
  const prune = (body: Program): Program =>
    withoutDeadCode({ ...body, outputs: body.outputs.filter((_, i) => isKept[i]) });
  const kept = outputs.filter((_, i) => isKept[i]);
  return primitive.name === "scan" ? prunedLoop(equation, kept, prune) : prunedBranch(equation, kept, prune);
}

function prunedLoop(equation: Equation, outputs: readonly Variable[], prune: (body: Program) => Program): Equation {
  const scan = equation.attributes as ScanAttributes;
  const body = prune(scan.body);
  const isCarry = (i: number) => i >= scan.constants && i < scan.constants + scan.carries;
  const reads = readBy([body]);
  const isRead = body.inputs.map((input, i) => isCarry(i) || reads.has(input));
  const attributes: ScanAttributes = {
    ...scan,
    body: { ...body, inputs: body.inputs.filter((_, i) => isRead[i]) },
    constants: isRead.slice(0, scan.constants).filter(Boolean).length,
  };
  return { ...equation, outputs, inputs: equation.inputs.filter((_, i) => isRead[i]), attributes: { ...attributes } };
}

function prunedBranch(equation: Equation, outputs: readonly Variable[], prune: (body: Program) => Program): Equation {
  const cond = equation.attributes as CondAttributes;
  const branches = [prune(cond.whenTrue), prune(cond.whenFalse)] as const;
  const reads = readBy(branches);
  const isRead = branches[0].inputs.map((_, i) => branches.some(({ inputs }) => reads.has(inputs[i]!)));
  const [whenTrue, whenFalse] = branches.map((branch) => ({
    ...branch,
    inputs: branch.inputs.filter((_, i) => isRead[i]),
  }));
  return {
    ...equation,
    outputs,
    inputs: equation.inputs.filter((_, i) => i === 0 || isRead[i - 1]),
    attributes: { ...cond, whenTrue, whenFalse },
  };
}

/** What the equations and outputs of programs read. */
const readBy = (programs: readonly Program[]): ReadonlySet<Variable> =>
  new Set(programs.flatMap(({ equations, outputs }) => [...equations.flatMap(({ inputs }) => inputs), ...outputs]));
