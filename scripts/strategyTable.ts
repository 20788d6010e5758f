/**
 * Writes the table of docs/strategies.md (`npm run docs:strategies`): formula, source and lanes stand here, all else is read off
 * the strategies and distributions themselves. A test checks that the page is up to date, and the lanes.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  arm,
  categorical,
  type Distribution,
  disarm,
  enumerate,
  flip,
  gumbelSoftmax,
  importance,
  localExpectation,
  measureValued,
  muProp,
  normal,
  quadrature,
  rebar,
  reinforce,
  relax,
  reparam,
  straightThrough,
  topK,
  unorderedSet,
} from "../src/index.js";

type Loose = Distribution<never, never>;
type TensorLike = Parameters<typeof flip>[0];

/** What a strategy is, as far as its code does not say it in a way that can be read off. */
export interface StrategyRow {
  /** What it estimates ∂ E f by; s = ∂ log p(x), terms of the parameters in f itself left out. */
  readonly formula: string;
  readonly source: string;
  /**
   * Lanes for M elements that a cost mixes (1 if it keeps them apart): K values of the distribution, c copies, A
   * alternatives of the weak derivative.
   */
  readonly lanes: string;
  /** The example below for parameters of any shape, and what the letters are in it. */
  readonly example: (p: TensorLike) => unknown;
  readonly letters?: Readonly<Record<string, number>>;
}

const thirds = [1, 2, 3];
const three = (p: TensorLike): Loose => categorical({ probs: thirdsOf(p) }) as unknown as Loose;
const coin = (p: TensorLike): ReturnType<typeof flip> => flip(p);
/** Three categories for every element. */
const thirdsOf = (p: TensorLike): never =>
  (Array.isArray(p) ? p.map(() => thirds.map((x) => x / 6)) : thirds.map((x) => x / 6)) as never;

export const strategyRows: Readonly<Record<string, StrategyRow>> = {
  arm: {
    formula: "(f(b′) − f(b))·(u − ½) in the log odds; b = [u < p], b′ = [u > 1 − p]",
    source: "Yin & Zhou 2019, theorem 1",
    lanes: "2",
    example: (p) => arm(coin(p)),
  },
  disarm: {
    formula: "½(f(b) − f(b′))·(−1)^b′·[b ≠ b′]·σ(∣l∣) in the log odds",
    source: "Dong, Mnih & Tucker 2020",
    lanes: "2",
    example: (p) => disarm(coin(p)),
  },
  enumerate: {
    formula: "Σₖ ∂pₖ·f(k)",
    source: "exact summation",
    lanes: "K^M",
    example: (p) => enumerate(three(p) as never),
    letters: { K: 3 },
  },
  gumbelSoftmax: {
    formula: "∂ f(Σₖ vₖ·softmax((log p + g)/λ)ₖ)",
    source: "Jang, Gu & Poole 2017; Maddison, Mnih & Teh 2017",
    lanes: "1",
    example: (p) => gumbelSoftmax(coin(p), { temperature: 0.5 }),
  },
  importance: {
    formula: "(p/q)(x)·f(x)·s, x ~ q",
    source: "Kahn & Marshall 1953; Lew et al. 2023",
    lanes: "c",
    example: (p) => importance(coin(p), flip(0.5), { copies: 2 }),
    letters: { c: 2 },
  },
  localExpectation: {
    formula: "Σᵢ Σₖ ∂pᵢₖ·f(x₋ᵢ, k)",
    source: "Titsias & Lázaro-Gredilla 2015",
    lanes: "1 + M·(K − 1)",
    example: (p) => localExpectation(three(p) as never),
    letters: { K: 3 },
  },
  measureValued: {
    formula: "c·(f(x⁺) − f(x⁻)), x⁺ and x⁻ from the weak derivative",
    source: "Mohamed, Rosca, Figurnov & Mnih 2020, section 6",
    lanes: "1 + M·A",
    example: (p) => measureValued(normal(p, 1)),
    letters: { A: 4 },
  },
  muProp: {
    formula: "(f(x) − h(x))·s + f′(μ)·∂μ, h(x) = f(μ) + f′(μ)(x − μ)",
    source: "Gu, Levine, Sutskever & Mnih 2016, section 3",
    lanes: "M > 1 ? 4 : 3",
    example: (p) => muProp(coin(p)),
  },
  quadrature: {
    formula: "Σᵢ wᵢ·∂f(T(zᵢ; θ)), n nodes zᵢ",
    source: "Golub & Welsch 1969; Julier & Uhlmann 1997; Jia, Xin & Cheng 2013",
    lanes: "n^M",
    example: (p) => quadrature(normal(p, 1), { points: 4 }),
    letters: { n: 4 },
  },
  rebar: {
    formula: "(f(b) − η·f(z̃))·s + η·∂f(z) − η·∂f(z̃), z and z̃ relaxations of b",
    source: "Tucker, Mnih, Maddison, Lawson & Sohl-Dickstein 2017",
    lanes: "3",
    example: (p) => rebar(coin(p)),
  },
  reinforce: {
    formula: "(f(x) − b)·s",
    source: "Williams 1992, theorem 1; Kool, van Hoof & Welling 2019, equation 8",
    lanes: "c",
    example: (p) => reinforce(coin(p), { copies: 3 }),
    letters: { c: 3 },
  },
  relax: {
    formula: "(f(b) − c(z̃))·s + ∂c(z) − ∂c(z̃), c a trained surrogate",
    source: "Grathwohl, Choi, Wu, Roeder & Duvenaud 2018",
    lanes: "1",
    example: (p) => relax(coin(p), { surrogate: (z) => z }),
  },
  reparam: {
    formula: "∂f(T(ε; θ)), x = T(ε; θ)",
    source: "Kingma & Welling 2014, section 2.4",
    lanes: "c",
    example: (p) => reparam(normal(p, 1), { copies: 2 }),
    letters: { c: 2 },
  },
  straightThrough: {
    formula: "f′(b)·∂E[b]",
    source: "Bengio, Léonard & Courville 2013, section 4",
    lanes: "1",
    example: (p) => straightThrough(coin(p)),
  },
  topK: {
    formula: "Σₖ ∂pₖ·f(k) over the k likeliest, and one of the rest by its weight",
    source: "Liu, Regier, Tripuraneni, Jordan & McAuliffe 2019",
    lanes: "min(K, k + 1)^M",
    example: (p) => topK(three(p) as never, { k: 1 }),
    letters: { K: 3, k: 1 },
  },
  unorderedSet: {
    formula: "Σₛ∈S ∂pₛ·R(S, s)·f(s), S k values without replacement, each the baseline of the others",
    source: "Kool, van Hoof & Welling 2020",
    lanes: "k^M",
    example: (p) => unorderedSet(three(p) as never, { k: 2 }),
    letters: { k: 2 },
  },
};

const root = resolve(import.meta.dirname, "..");
const page = join(root, "docs", "strategies.md");
const [start, end] = ["<!-- strategies: written by scripts/strategyTable.ts -->", "<!-- end -->"];
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** Names of the strategy functions in src/strategies, with their files: what is exported and wraps an offering distribution. */
export function strategyFunctions(): { readonly name: string; readonly file: string; readonly offer: string }[] {
  return readdirSync(join(root, "src/strategies"))
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) =>
      [...read(`src/strategies/${file}`).matchAll(/^export const (\w+) = <[^;]*?Offering<\s*O,\s*"(\w+)"/gms)].map(
        ([, name, offer]) => ({ name: name!, file, offer: offer! }),
      ),
    );
}

/** Per exported distribution: the strategies that its type offers. */
export function offers(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const index = read("src/index.ts");
  const shared = read("src/distributions/distribution.ts");
  for (const file of readdirSync(join(root, "src/distributions")).filter((name) => name.endsWith(".ts"))) {
    const text = read(`src/distributions/${file}`);
    const namesIn = (type: string): string[] =>
      [...type.matchAll(/"(\w+)"|\b([A-Z]\w+)\b/g)].flatMap(([, literal, alias]) =>
        literal ? [literal] : namesIn(aliasOf(alias!, text) ?? aliasOf(alias!, shared) ?? ""),
      );
    for (const chunk of text.split(/^export /m).slice(1)) {
      const name = /^(?:const|function) (\w+)/.exec(chunk)?.[1];
      const type = /\): Distribution<\s*\w+(?:<\w+>)?,\s*([^<>]+?)\s*>/.exec(chunk)?.[1];
      const isExported = new RegExp(`export \\{[^}]*\\b${name}\\b[^}]*\\} from "\\./distributions/`).test(index);
      if (!name || !type || !isExported) continue;
      const own = namesIn(type);
      if (own.length > 0) found.set(name, new Set([...(found.get(name) ?? []), ...own]));
    }
  }
  return found;
}

const aliasOf = (name: string, text: string): string | undefined =>
  new RegExp(`^(?:export )?type ${name} =([^;]*);`, "m").exec(text)?.[1];

/** The table as it stands between the marks of the page. */
export function strategyTable(): string {
  const offered = offers();
  const rows = strategyFunctions().map(({ name, file, offer }) => {
    const row = strategyRows[name];
    if (!row) throw new Error(`scripts/strategyTable.ts has no row for ${name}`);
    const { strategy } = row.example(0.5) as Distribution;
    const { isUnbiased, exactDegree, maximumOrder } = strategy!;
    return [
      `[${name}](../src/strategies/${file})`,
      row.formula,
      row.source,
      offeredBy(offer, offered),
      isUnbiased ? "yes" : exactDegree === undefined ? "**no**" : "polynomials",
      Number.isFinite(maximumOrder) ? String(maximumOrder) : "any",
      row.lanes,
    ];
  });
  const head = ["strategy", "estimates ∂ E f by", "source", "offered by", "unbiased", "order", "lanes"];
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Names, or what is left out where that is shorter. */
function offeredBy(offer: string, offered: ReadonlyMap<string, ReadonlySet<string>>): string {
  const all = [...offered.keys()].toSorted((a, b) => a.localeCompare(b));
  const own = all.filter((name) => offered.get(name)!.has(offer));
  const others = all.filter((name) => !own.includes(name));
  return own.length > 6 && others.length < own.length ? `all but ${others.join(", ")}` : own.join(", ");
}

/** The page with the table put in. */
export const updatedPage = (text: string): string =>
  `${text.slice(0, text.indexOf(start) + start.length)}\n${strategyTable()}\n${text.slice(text.indexOf(end))}`;

if (process.argv[1] === import.meta.filename) writeFileSync(page, updatedPage(readFileSync(page, "utf8")));
