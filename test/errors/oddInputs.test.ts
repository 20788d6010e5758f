// Public functions with arguments of a wrong kind, as programs without types may pass them: each is refused in a user's words, with
// the user's line. None is passed over, and none fails somewhere deep inside.
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as elbow from "elbow";
import { expect, it } from "vitest";

const { ElbowError } = elbow;
const {
  assess,
  average,
  betaElbo,
  binomial,
  call,
  categorical,
  cdf,
  checkUnbiased,
  clipByNorm,
  cond,
  cosineDecay,
  delta,
  dirichlet,
  drawMany,
  elbo,
  engineByName,
  enumerate,
  explain,
  exponential,
  exponentialDecay,
  factor,
  fit,
  flip,
  gen,
  generate,
  gumbelSoftmax,
  iid,
  importance,
  importanceDraws,
  independent,
  iterate,
  iwelbo,
  kl,
  laplaceGuide,
  lkjCholesky,
  logDensity,
  lowRank,
  mask,
  masked,
  mean,
  meanField,
  merge,
  minibatch,
  minibatches,
  mix,
  mixture,
  multinomial,
  multivariateNormal,
  normal,
  objective,
  observe,
  piecewise,
  plate,
  predictive,
  project,
  quadrature,
  readCsv,
  readTable,
  recurse,
  regenerate,
  reinforce,
  renyi,
  reparam,
  repeat,
  replicate,
  run,
  sample,
  scaled,
  scan,
  select,
  simulate,
  splice,
  summarize,
  switchOn,
  topK,
  truncated,
  uniform,
  update,
  vectorize,
  withStrategies,
  set,
} = elbow as any;

const M = (program: any, ...args: any[]) => run(0, simulate(gen(program)(...args)));
const model = gen(function* model(y: any) {
  const mu: any = yield* sample("mu", normal(0, 1));
  yield* observe("y", normal(mu, 1), y);
});
const guide = gen(function* guide(q: any) {
  yield* sample("mu", normal(q.loc, 1));
});
const L = elbo(model, guide);
const P = { loc: tf.scalar(0) };
const y = tf.scalar(1);
const F = (options: any) => fit(L, { parameters: P, data: [y], steps: 3, ...options });

const cases: [string, () => unknown][] = [
  ["fit undefined options", () => fit(L)],
  ["fit no objective", () => fit(undefined, { parameters: P, steps: 2 })],
  ["fit model as objective", () => fit(model, { parameters: P, data: [y], steps: 2 })],
  ["fit steps string", () => F({ steps: "10" })],
  ["fit steps 2.5", () => F({ steps: 2.5 })],
  ["fit draws 0", () => F({ draws: 0 })],
  ["fit seed string", () => F({ seed: "a" })],
  ["fit clip number", () => F({ clip: 10 })],
  ["fit threads 0", () => F({ threads: 0 })],
  ["fit engine object", () => F({ engine: {} })],
  ["fit checkpoint string", () => F({ checkpoint: "a.json" })],
  ["fit resume missing", () => F({ resume: join(tmpdir(), "elbow-odd-none.json") })],
  ["fit progress string", () => F({ progress: "yes" })],
  ["fit onReport string", () => F({ onReport: "yes" })],
  ["fit signal", () => F({ signal: true })],
  ["fit validate string", () => F({ validate: "no" })],
  ["fit parameters null leaf", () => F({ parameters: { loc: null } })],
  ["fit parameters TypedArray", () => F({ parameters: { loc: new Float32Array(3) } })],
  ["fit data null", () => F({ data: null })],
  ["fit data empty tensor", () => fit(L, { parameters: P, data: [tf.zeros([0])], steps: 3 })],
  ["fit data string", () => F({ data: ["a"] })],
  ["estimate seed undefined", () => L.estimate(undefined, P, y)],
  ["estimate seed 1.5", () => L.estimate(1.5, P, y)],
  ["estimate options misspelt", () => L.estimate({ seed: 0, draw: 10 }, P, y)],
  ["estimate no seed in options", () => L.estimate({ draws: 10 }, P, y)],
  ["estimate params missing", () => L.estimate(0)],
  ["jvp tangents missing", () => L.jvpEstimate(0, P)],
  ["run seed -1", () => run(-1, simulate(model(y)))],
  ["run nothing", () => run(0)],
  ["run a call", () => run(0, model(y))],
  ["generate no constraints", () => run(0, generate(model(y)))],
  ["generate null", () => run(0, generate(model(y), { mu: null }))],
  ["assess no choices", () => run(0, assess(model(y)))],
  ["update not a trace", () => run(0, update({}, {}))],
  ["update no change", () => run(0, update(run(0, simulate(model(y)))))],
  ["update misspelt", () => run(0, update(run(0, simulate(model(y))), { choice: { mu: y } }))],
  ["regenerate string", () => run(0, regenerate(run(0, simulate(model(y))), "mu"))],
  ["project string", () => project(run(0, simulate(model(y))), "mu")],
  [
    "call no program",
    () =>
      M(function* () {
        yield* call("a");
      }),
  ],
  [
    "call swapped",
    () =>
      M(function* () {
        yield* call(model(y), "a");
      }),
  ],
  [
    "splice fn",
    () =>
      M(function* () {
        yield* splice(model);
      }),
  ],
  [
    "plate no rows",
    () =>
      M(function* () {
        yield* plate("a", (r: any) => model(r));
      }),
  ],
  [
    "plate array rows",
    () =>
      M(function* () {
        yield* plate("a", (r: any) => model(r), [1, 2, 3]);
      }),
  ],
  [
    "plate body not fn",
    () =>
      M(function* () {
        yield* plate("a", model(y), tf.zeros([3]));
      }),
  ],
  [
    "plate body returns undefined",
    () =>
      M(function* () {
        yield* plate(
          "a",
          (r: any) => {
            model(r);
          },
          tf.zeros([3]),
        );
      }),
  ],
  [
    "plate subsample option misspelt",
    () =>
      M(function* () {
        yield* plate("a", (r: any) => model(r), tf.zeros([3]), { subsamples: 2 });
      }),
  ],
  [
    "plate scale NaN",
    () =>
      M(function* () {
        yield* plate("a", (r: any) => model(r), tf.zeros([3]), { scale: NaN });
      }),
  ],
  [
    "repeat 0",
    () =>
      M(function* () {
        yield* repeat("a", 0, model(y));
      }),
  ],
  [
    "repeat fn",
    () =>
      M(function* () {
        yield* repeat("a", 3, model);
      }),
  ],
  [
    "scan no carry",
    () =>
      M(function* () {
        yield* scan("a", (x: any) => model(x), tf.scalar(0), 3);
      }),
  ],
  [
    "scan initial number",
    () =>
      M(function* () {
        yield* scan(
          "a",
          (x: any) =>
            gen(function* () {
              return { carry: x };
            })(),
          0,
          3,
        );
      }),
  ],
  [
    "scan length -1",
    () =>
      M(function* () {
        yield* scan(
          "a",
          (x: any) =>
            gen(function* () {
              return { carry: x };
            })(),
          y,
          -1,
        );
      }),
  ],
  [
    "scan length 1.5",
    () =>
      M(function* () {
        yield* scan(
          "a",
          (x: any) =>
            gen(function* () {
              return { carry: x };
            })(),
          y,
          1.5,
        );
      }),
  ],
  [
    "scan no sequence",
    () =>
      M(function* () {
        yield* scan(
          "a",
          (x: any) =>
            gen(function* () {
              return { carry: x };
            })(),
          y,
        );
      }),
  ],
  [
    "scan sequence lengths",
    () =>
      M(function* () {
        yield* scan(
          "a",
          (x: any) =>
            gen(function* () {
              return { carry: x };
            })(),
          y,
          { a: tf.zeros([2]), b: tf.zeros([3]) },
        );
      }),
  ],
  [
    "cond vector",
    () =>
      M(function* () {
        yield* cond("a", tf.tensor1d([1, 0]), model(y), model(y));
      }),
  ],
  [
    "cond no else",
    () =>
      M(function* () {
        yield* cond("a", true, model(y));
      }),
  ],
  [
    "cond fn branches",
    () =>
      M(function* () {
        yield* cond("a", false, model, model);
      }),
  ],
  [
    "switch out of range",
    () =>
      M(function* () {
        yield* switchOn("a", 7, [model(y)]);
      }),
  ],
  [
    "switch 0.5",
    () =>
      M(function* () {
        yield* switchOn("a", 0.5, [model(y), model(y)]);
      }),
  ],
  [
    "factor undefined",
    () =>
      M(function* () {
        yield* factor("a");
      }),
  ],
  [
    "factor NaN",
    () =>
      M(function* () {
        yield* factor("a", NaN);
      }),
  ],
  ["normal swapped object", () => normal({ loc: 0, scale: 1 })],
  ["normal NaN", () => normal(NaN, 1)],
  ["normal ragged", () => normal([[1, 2], [3]], 1)],
  ["normal strings", () => normal(["a"], 1)],
  ["uniform swapped", () => uniform(1, 0)],
  ["binomial swapped", () => binomial(0.5, 10)],
  ["binomial total 2.5", () => binomial(2.5, { probs: 0.5 })],
  ["multinomial neg", () => multinomial(-1, { probs: [0.5, 0.5] })],
  ["dirichlet scalar", () => dirichlet(1)],
  ["mvn no option", () => multivariateNormal([0, 0])],
  ["mvn misspelt", () => multivariateNormal([0, 0], { cov: tf.eye(2) })],
  [
    "mvn nonPD",
    () =>
      multivariateNormal([0, 0], {
        covariance: tf.tensor2d([
          [1, 2],
          [2, 1],
        ]),
      }),
  ],
  ["iid dist first", () => iid(normal(0, 1), 3)],
  ["iid -1", () => iid(-1, normal(0, 1))],
  ["mixture empty", () => mixture([])],
  ["mixture wrong", () => mixture({ probs: [0.5, 0.5] }, [normal(0, 1)])],
  ["truncated no bounds", () => truncated(normal(0, 1))],
  ["truncated misspelt", () => truncated(normal(0, 1), { lo: 0 })],
  ["masked number", () => masked(3, true)],
  ["scaled no factor", () => scaled(normal(0, 1))],
  ["independent too many", () => independent(normal(0, 1), 3)],
  ["lkj 1.5", () => lkjCholesky(1.5, 1)],
  ["delta", () => delta()],
  ["reparam nothing", () => reparam()],
  ["enumerate number", () => enumerate(3)],
  ["reinforce misspelt option", () => reinforce(normal(0, 1), { copy: 3 })],
  ["reinforce copies -1", () => reinforce(normal(0, 1), { copies: -1 })],
  ["quadrature misspelt", () => quadrature(normal(0, 1), { nodes: 3 })],
  ["gumbelSoftmax no temp", () => gumbelSoftmax(flip(0.5))],
  ["gumbelSoftmax neg temp", () => gumbelSoftmax(flip(0.5), { temperature: -1 })],
  ["topK no k", () => topK(flip(0.5))],
  ["importance no proposal", () => importance(flip(0.5))],
  ["iwelbo no particles", () => iwelbo(model, guide)],
  ["iwelbo misspelt", () => iwelbo(model, guide, 5, { grad: "dreg" })],
  ["elbo misspelt", () => elbo(model, guide, { gradients: "x" })],
  ["betaElbo no beta", () => betaElbo(model, guide).estimate(0, P, y)],
  ["renyi nothing", () => renyi(model, guide).estimate(0, P, y)],
  ["meanField data missing", () => meanField(model)],
  ["meanField data tensor", () => meanField(model, y)],
  ["meanField misspelt", () => meanField(model, [y], { scal: 3 })],
  ["lowRank no rank", () => lowRank(model, [y])],
  ["drawMany no options", () => drawMany(model(y))],
  ["importanceDraws", () => importanceDraws(model, guide, P, [y])],
  ["summarize number", () => summarize(3)],
  ["summarize misspelt", () => summarize({ mu: [1, 2, 3] })],
  ["explain no params", () => explain(L)],
  ["checkUnbiased no params", () => checkUnbiased(L)],
  ["withStrategies unknown", () => explain(withStrategies(L, { nu: reparam }), P, y)],
  ["withStrategies uncalled", () => explain(withStrategies(L, { mu: 3 }), P, y)],
  ["clipByNorm string", () => clipByNorm("a")],
  ["exponentialDecay nothing", () => exponentialDecay()],
  ["cosineDecay misspelt", () => cosineDecay({ from: 0.1, step: 100 })],
  ["piecewise nothing", () => piecewise()],
  ["kl mismatch", () => kl(normal(0, 1), exponential(1))],
  ["cdf no value", () => cdf(normal(0, 1))],
  ["mean of cauchy mix", () => mean(3)],
  ["logDensity string", () => logDensity(normal(0, 1), "a")],
  ["select", () => select({ a: y }, "b")],
  ["set bad", () => set({ a: y }, "a/b", y)],
  ["merge", () => merge({ a: y }, { a: y })],
  ["gen nothing", () => gen()],
  ["gen call", () => gen(model(y))],
  ["objective nothing", () => objective()],
  ["minibatches no size", () => minibatches([y])],
  ["minibatches bare", () => minibatches(tf.zeros([3]), { size: 2 })],
  ["minibatch effect", () => run(0, minibatch(tf.zeros([3]), 7))],
  ["readCsv missing file", () => readCsv(join(tmpdir(), "elbow-odd-none.csv"))],
  [
    "readTable unknown ending",
    () => {
      writeFileSync(join(tmpdir(), "elbow-odd-x.xyz"), "a");
      return readTable(join(tmpdir(), "elbow-odd-x.xyz"));
    },
  ],
  [
    "readCsv unknown column",
    () => {
      writeFileSync(join(tmpdir(), "elbow-odd-x.csv"), "a,b\n1,2\n");
      return readCsv(join(tmpdir(), "elbow-odd-x.csv"), { columns: ["c"] });
    },
  ],
  [
    "readCsv text cell",
    () => {
      writeFileSync(join(tmpdir(), "elbow-odd-y.csv"), "a,b\n1,x\n");
      return readCsv(join(tmpdir(), "elbow-odd-y.csv"));
    },
  ],
  ["readCsv misspelt option", () => readCsv(join(tmpdir(), "elbow-odd-x.csv"), { column: ["a"] })],
  [
    "readCsv empty",
    () => {
      writeFileSync(join(tmpdir(), "elbow-odd-z.csv"), "");
      return readCsv(join(tmpdir(), "elbow-odd-z.csv"));
    },
  ],
  ["engineByName", () => engineByName("gpu")],
  ["predictive nothing", () => predictive(model)],
  ["laplaceGuide nothing", () => laplaceGuide(model)],
  [
    "average 0",
    () =>
      run(
        0,
        average(0, () => sample("x", normal(0, 1))),
      ),
  ],
  ["replicate fn", () => run(0, replicate(3, sample("x", normal(0, 1))))],
  ["vectorize", () => vectorize(3)],
  ["recurse -1", () => recurse(-1, (s: any) => s, model)],
  [
    "mask no program",
    () =>
      M(function* () {
        yield* mask("m", true);
      }),
  ],
  [
    "mix len",
    () =>
      M(function* () {
        yield* mix("m", categorical({ probs: [0.5, 0.5] }), [model(y)]);
      }),
  ],
  [
    "iterate",
    () =>
      M(function* () {
        yield* iterate("m", 3, y, y);
      }),
  ],
];

it("are many", () => expect(cases.length).toBeGreaterThan(100));

it.each(cases)("%s", async (_, attempt) => {
  let error: unknown;
  try {
    await attempt();
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(ElbowError);
  const { code, at } = error as InstanceType<typeof ElbowError>;
  expect(code).not.toBe("internal");
  expect(at.source).toMatch(/:\d+$/);
});
