// What muProp, importance and the options of reinforce and reparam accept, as the compiler sees it.
import {
  bernoulli,
  beta,
  categorical,
  cauchy,
  enumerate,
  flip,
  halfCauchy,
  importance,
  independent,
  learned,
  muProp,
  normal,
  poisson,
  reinforce,
  reparam,
  uniform,
} from "elbow";

muProp(normal(0, 1));
muProp(bernoulli({ logits: 0 }));
muProp(poisson(1));
muProp(independent(normal([0, 1], 1)));
// @ts-expect-error it has no mean
muProp(cauchy(0, 1));
// @ts-expect-error its mean is infinite
muProp(halfCauchy(1));
// @ts-expect-error the mean of an index
muProp(categorical({ logits: [0, 0] }));
// @ts-expect-error the support of a uniform variable moves with its parameters
muProp(uniform(0, 1));
// @ts-expect-error a strategy is chosen once
muProp(reinforce(normal(0, 1)));

importance(normal(0, 1), cauchy(0, 1));
importance(flip(0.2), bernoulli({ logits: 0 }), { copies: 4 });
importance(beta(2, 1), beta(1, 1));
// @ts-expect-error values of another support
importance(normal(0, 1), halfCauchy(1));
// @ts-expect-error values of another support
importance(poisson(1), flip(0.5));
// @ts-expect-error a support that moves
importance(uniform(0, 1), uniform(0, 2));
// @ts-expect-error a strategy is chosen once
importance(enumerate(flip(0.2)), flip(0.5));

reinforce(flip(0.5), { baseline: learned(1, { weight: 2, decay: 0.9 }) });
reinforce(flip(0.5), { baseline: "leaveOneOut", copies: 2 });
reinforce(flip(0.5), { baseline: "optimal", copies: 2 });
// @ts-expect-error no such baseline
reinforce(flip(0.5), { baseline: "best", copies: 2 });
reparam(normal(0, 1), { copies: 4, antithetic: true });
// @ts-expect-error a coin has no pathwise derivative
reparam(flip(0.5), { copies: 2 });
