// Effects are generators: one that is made and never run does nothing at all. That is a forgotten `yield*`, and with an observation
// it would be a model without its data; so a program's effects are watched from when they are made until they run.
import { inProgram } from "../distributions/parameters.js";
import { ElbowError, withAddress } from "../errors.js";
import { captureSource, type Source, thrownByTfjs, userLine } from "../util/location.js";

/** An effect that was made. */
interface Asked {
  /** As the user wrote it, shortened. */
  readonly text: string;
  readonly address: string | undefined;
  readonly source: Source;
}

/** Effects that the running program has made and not run yet. */
let pending: Map<object, Asked> | undefined;

/** Makes a generator function one whose results are watched: what programs ask for with `yield*`. `check` sees all arguments first. */
// biome-ignore lint/suspicious/noExplicitAny: a function of any arguments, whose type stays
export function asked<F extends (...args: any[]) => Generator<any, any, any>>(
  name: string,
  make: F,
  check?: (args: readonly unknown[]) => void,
): F {
  const watched = (...args: unknown[]) => {
    check?.(args);
    const effect = make(...args);
    const [first] = args;
    const address = typeof first === "string" ? first : undefined;
    if (address !== undefined) nameAddress(effect, address);
    if (pending) {
      const own = pending;
      const text = `${name}(${address === undefined ? "…" : `"${address}"${args.length > 1 ? ", …" : ""}`})`;
      own.set(effect, { text, address, source: captureSource() });
      effect[Symbol.iterator] = () => {
        own.delete(effect);
        return effect;
      };
    }
    return effect;
  };
  return watched as F;
}

/** Errors in what an effect is made of know its address. */
function nameAddress(effect: Generator<unknown, unknown, unknown>, address: string): void {
  const { next } = effect;
  effect.next = (...answer) => {
    try {
      return next.apply(effect, answer);
    } catch (error) {
      throw withAddress(error, address);
    }
  };
}

/** Drives a user's generator, and finds the effects that it forgets. */
export class Watch<T, R> {
  private readonly own = new Map<object, Asked>();

  constructor(
    private readonly body: Iterator<T, R, unknown>,
    /** What it is called in messages. */
    private readonly name: string,
  ) {}

  /** The next step of the program. @throws ElbowError "forgotten-yield", "tensor-operation", "not-an-effect" */
  next(answer?: unknown): IteratorResult<T, R> {
    const outer = pending;
    pending = this.own;
    let step: IteratorResult<T, R>;
    try {
      step = inProgram(() => this.body.next(answer));
    } catch (error) {
      throw this.explained(error);
    } finally {
      pending = outer;
    }
    if (step.done) this.checkForgotten();
    else {
      const plain = this.own.get(step.value as object);
      if (plain) throw forgotten(plain, `yield ${plain.text} hands over the effect instead of running it`, "yield*");
    }
    return step;
  }

  private checkForgotten(): void {
    const [first] = this.own.values();
    if (first) throw forgotten(first, `${first.text} was made in ${this.name} and never run, so it had no effect`);
  }

  /** What went wrong in a user's words, where it was a misused effect or an operation of tfjs. */
  private explained(error: unknown): unknown {
    if (!(error instanceof Error)) return error;
    const isElbows = error instanceof ElbowError;
    if (isElbows && error.code !== "not-a-tensor") return error;
    const isTfjs = !isElbows && thrownByTfjs(error.stack ?? "");
    const [first] = this.own.values();
    if (first && (isElbows || isTfjs || error instanceof TypeError))
      return forgotten(
        first,
        `${first.text} is used without yield*, so it is an effect that was not run, and no tensor`,
        "yield*",
        error,
      );
    const source = userLine(error.stack ?? "");
    if (error instanceof TypeError && /iterable/.test(error.message))
      return new ElbowError("not-an-effect", {
        message: `yield* was applied to what is no effect: ${error.message}`,
        hint: 'A program is run inside another one with call("address", program(…)) or splice(program(…)).',
        at: { source },
        cause: error,
      });
    if (!isTfjs) return error;
    return new ElbowError("tensor-operation", {
      message: error.message.replace(/^Error in /, "tf."),
      hint: /'(null|undefined)'|undefined \(reading/.test(error.message)
        ? "An argument is missing or disposed: look at what is passed to the program, and at the names of its parameters."
        : "Look at the shapes and dtypes of the operands: traced tensors know theirs, too.",
      at: { source },
      cause: error,
    });
  }
}

function forgotten({ text, address, source }: Asked, message: string, word?: string, cause?: unknown): ElbowError {
  return new ElbowError("forgotten-yield", {
    message,
    hint: word ? `Write ${word} ${text}.` : `Write yield* ${text}, or take it out.`,
    at: { address, source: source.line },
    cause,
  });
}

/** What a program's function returned, as something that can be driven. @throws ElbowError "not-a-program" */
export function driven<T, R>(body: unknown, name: string, source: Source | undefined): Watch<T, R> {
  const iterator = body as Partial<AsyncIterable<unknown>> & { next?: unknown };
  const isObject = typeof body === "object" && body !== null;
  if (isObject && typeof iterator.next === "function" && !(Symbol.asyncIterator in iterator))
    return new Watch(body as Iterator<T, R, unknown>, name);
  const isAsync = isObject && (Symbol.asyncIterator in iterator || body instanceof Promise);
  throw new ElbowError("not-a-program", {
    message: `${name} is ${isAsync ? "an async function" : "an ordinary function"}; programs are generator functions`,
    hint: isAsync
      ? "Write function* without async: wait for data before, and pass them as arguments."
      : "Write function* (…) { … }, with yield* before every effect.",
    at: { source: source?.line },
  });
}
