// What the namespaces i32, f32, f32x4, … are made of: factories of instructions, given the opcode and the operands' types.
import type { Code, Expression, I32, V128, ValueType } from "./expression.js";

/** An opcode's bytes. */
export type Opcode = readonly number[];

/** Turns a number into a constant of the namespace's type; expressions stay. */
export type Lift<T extends ValueType> = (operand: Expression<T> | number) => Expression<T>;

const leb = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, value >> 7]);

export const plain = (code: number): Opcode => [code];
/** Saturating conversions and bulk memory. */
export const miscellaneous = (code: number): Opcode => [0xfc, ...leb(code)];
export const simd = (code: number): Opcode => [0xfd, ...leb(code)];

export const expression = <T extends ValueType>(type: T, emit: (code: Code) => void): Expression<T> => ({ type, emit });

/** The instruction with as many operands as it is given. */
export function apply<T extends ValueType>(type: T, opcode: Opcode, operands: readonly Expression[]): Expression<T> {
  return {
    type,
    emit: (code) => {
      for (let i = 0; i < operands.length; i++) operands[i]!.emit(code);
      code.bytes.opcode(opcode);
    },
  };
}

export const lifting =
  <T extends ValueType>(constant: (value: number) => Expression<T>): Lift<T> =>
  (operand) =>
    typeof operand === "number" ? constant(operand) : operand;

export const unary =
  <A extends ValueType, R extends ValueType>(lift: Lift<A>, type: R, opcode: Opcode) =>
  (x: Expression<A> | number): Expression<R> => {
    const operand = lift(x);
    return expression(type, (code) => {
      operand.emit(code);
      code.bytes.opcode(opcode);
    });
  };

export const binary =
  <A extends ValueType, R extends ValueType>(lift: Lift<A>, type: R, opcode: Opcode) =>
  (x: Expression<A> | number, y: Expression<A> | number): Expression<R> => {
    const first = lift(x);
    const second = lift(y);
    return expression(type, (code) => {
      first.emit(code);
      second.emit(code);
      code.bytes.opcode(opcode);
    });
  };

/** An address in memory: an expression or a constant. */
export type Address = I32 | number;

/** Writes an access to memory: `alignment` is a hint, as a power of two. */
export function emitAccess(
  code: Code,
  opcode: Opcode,
  alignment: number,
  offset: number,
  address: Address,
  ...operands: readonly Expression[]
): void {
  if (typeof address === "number") {
    code.bytes.byte(0x41);
    code.bytes.signed(address);
  } else address.emit(code);
  for (let i = 0; i < operands.length; i++) operands[i]!.emit(code);
  code.bytes.opcode(opcode);
  code.bytes.unsigned(alignment);
  code.bytes.unsigned(offset);
}

/** A load from `address + offset` (the offset is part of the instruction and costs nothing). */
export const loading =
  <R extends ValueType>(type: R, opcode: Opcode, alignment: number) =>
  (address: Address, offset = 0): Expression<R> =>
    expression(type, (code) => emitAccess(code, opcode, alignment, offset, address));

export const extracting =
  <R extends ValueType>(type: R, opcode: Opcode) =>
  (vector: V128, lane: number): Expression<R> =>
    apply(type, [...opcode, lane], [vector]);

export const replacing =
  <A extends ValueType>(lift: Lift<A>, opcode: Opcode) =>
  (vector: V128, lane: number, value: Expression<A> | number): V128 =>
    apply("v128", [...opcode, lane], [vector, lift(value)]);
