import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { gammaExcess } from "./excess.js";
import { type KlEntry, within } from "./rule.js";

type Beta = { readonly alpha: Tensor; readonly beta: Tensor };
type Dirichlet = { readonly concentration: Tensor };

/** D(α_q, α_p) + D(β_q, β_p) − D(α_q + β_q, α_p + β_p) for D(b, a) = log Γ(b)/Γ(a) − ψ(a)(b − a) */
const beta = (p: Beta, q: Beta): Tensor =>
  tf.sub(
    tf.add(gammaExcess(q.alpha, p.alpha), gammaExcess(q.beta, p.beta)),
    gammaExcess(tf.add(q.alpha, q.beta), tf.add(p.alpha, p.beta)),
  );

/** Σ D(b_k, a_k) − D(Σ b_k, Σ a_k) for concentrations a of p and b of q */
const dirichlet = ({ concentration: a }: Dirichlet, { concentration: b }: Dirichlet): Tensor =>
  tf.sub(tf.sum(gammaExcess(b, a), -1), gammaExcess(tf.sum(b, -1), tf.sum(a, -1)));

export const dirichlets: readonly KlEntry[] = [within("beta", beta), within("dirichlet", dirichlet)];
