// Families of operations, each the derivative of another.
import type { Operation } from "../primitive.js";

/** Makes the operation of an order when it is first asked for. */
export function byOrder<F>(make: (...orders: number[]) => Operation<F>): (...orders: number[]) => Operation<F> {
  const known = new Map<string, Operation<F>>();
  return (...orders) => {
    const key = orders.join();
    const operation = known.get(key) ?? make(...orders);
    known.set(key, operation);
    return operation;
  };
}

/** The name of the operation of some orders: without them for the function itself. */
export const named = (name: string, orders: readonly number[]): string =>
  orders.some((order) => order > 0) ? `${name}_${orders.join("_")}` : name;
