// The public API: re-exports, nothing else.
import "./runtime/registerCpu.js";
import "./ir/registerChainedOps.js";

export type {} from "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js";
export type { Columns, ColumnType, ReadOptions, Table } from "./data/columns.js";
export { readArrow } from "./data/readArrow.js";
export { type CsvOptions, readCsv } from "./data/readCsv.js";
export { readJson } from "./data/readJson.js";
export { readParquet } from "./data/readParquet.js";
export { readTable } from "./data/readTable.js";
export { type AutoregressiveOptions, autoregressive } from "./distributions/autoregressive.js";
export { bernoulli, flip } from "./distributions/bernoulli.js";
export { beta } from "./distributions/beta.js";
export { betaBinomial } from "./distributions/betaBinomial.js";
export * as bijectors from "./distributions/bijectors/bijectors.js";
export { binomial } from "./distributions/binomial.js";
export { categorical } from "./distributions/categorical.js";
export { cauchy } from "./distributions/cauchy.js";
export { censored } from "./distributions/censored.js";
export { chi2 } from "./distributions/chi2.js";
export { delta } from "./distributions/delta.js";
export { dirichlet } from "./distributions/dirichlet.js";
export { dirichletMultinomial } from "./distributions/dirichletMultinomial.js";
export { type DirichletProcess, dirichletProcess, stickLogWeights } from "./distributions/dirichletProcess.js";
export {
  type Bool,
  type CategoryIndex,
  type CorrelationCholesky,
  type Count,
  type Distribution,
  distribution,
  type FamilyRules,
  family,
  type Interval,
  logDensity,
  type NonNegative,
  type OneHot,
  type Positive,
  type PositiveDefinite,
  type Real,
  type Simplex,
  type Supported,
  type UnitInterval,
  type UnitSphere,
} from "./distributions/distribution.js";
export { exponential } from "./distributions/exponential.js";
export { type FlatOptions, type FlatSupport, flat } from "./distributions/flat.js";
export { type CdfRule, fromSampler, type Noise, type SamplerRules } from "./distributions/fromSampler.js";
export { gamma } from "./distributions/gamma.js";
export {
  type GaussianProcessOptions,
  gaussianProcess,
  type Kernel,
  type SquaredExponentialOptions,
  squaredExponential,
} from "./distributions/gaussianProcess.js";
export { type GaussianRandomWalkOptions, gaussianRandomWalk } from "./distributions/gaussianRandomWalk.js";
export { geometric } from "./distributions/geometric.js";
export { gumbel } from "./distributions/gumbel.js";
export { halfCauchy } from "./distributions/halfCauchy.js";
export { halfNormal } from "./distributions/halfNormal.js";
export { type HmmOptions, hmm } from "./distributions/hmm.js";
export { iid } from "./distributions/iid.js";
export { independent } from "./distributions/independent.js";
export { inverseGamma } from "./distributions/inverseGamma.js";
export { hasKl, kl, registerKl } from "./distributions/kl/kl.js";
export { kumaraswamy } from "./distributions/kumaraswamy.js";
export { laplace } from "./distributions/laplace.js";
export {
  type LinearGaussianStateSpaceOptions,
  linearGaussianStateSpace,
  type SmoothedStates,
  smoothedStates,
} from "./distributions/linearGaussianStateSpace.js";
export { lkjCholesky } from "./distributions/lkjCholesky.js";
export { logistic } from "./distributions/logistic.js";
export { logNormal } from "./distributions/logNormal.js";
export { type MixtureWeights, mixture } from "./distributions/mixture.js";
export {
  cdf,
  entropy,
  logCdf,
  logSurvival,
  mean,
  quantile,
  stddev,
  variance,
} from "./distributions/moments.js";
export { type Counts, multinomial } from "./distributions/multinomial.js";
export {
  type LowRankCovariance,
  type MultivariateNormalScale,
  multivariateNormal,
} from "./distributions/multivariateNormal.js";
export { multivariateStudentT } from "./distributions/multivariateStudentT.js";
export { negativeBinomial } from "./distributions/negativeBinomial.js";
export { normal } from "./distributions/normal.js";
export { oneHotCategorical } from "./distributions/oneHotCategorical.js";
export { orderedLogistic } from "./distributions/orderedLogistic.js";
export { pareto } from "./distributions/pareto.js";
export { poisson } from "./distributions/poisson.js";
export { relaxedBernoulli } from "./distributions/relaxedBernoulli.js";
export { relaxedOneHot } from "./distributions/relaxedOneHot.js";
export { masked, scaled } from "./distributions/reweighted.js";
export { stickBreakingWeights } from "./distributions/stickBreakingWeights.js";
export { studentT } from "./distributions/studentT.js";
export { transformed } from "./distributions/transformed.js";
export { truncated, type WithinBounds } from "./distributions/truncated.js";
export { type TruncationBounds, truncatedNormal } from "./distributions/truncatedNormal.js";
export { bijectorTo } from "./distributions/unconstrained.js";
export { uniform } from "./distributions/uniform.js";
export { vonMises } from "./distributions/vonMises.js";
export { vonMisesFisher } from "./distributions/vonMisesFisher.js";
export { weibull } from "./distributions/weibull.js";
export { type WishartScale, wishart } from "./distributions/wishart.js";
export { zeroInflated } from "./distributions/zeroInflated.js";
export { addCost } from "./dsl/addCost.js";
export { assess, type Values } from "./dsl/assess.js";
export { baseline, controlVariate } from "./dsl/baseline.js";
export type { Call } from "./dsl/call.js";
export { type Choices, filter, merge, select, set, without } from "./dsl/choices.js";
export type { Covers } from "./dsl/covers.js";
export { call, cond, type Effect, type Effects, factor, observe, sample, scan, splice } from "./dsl/effects.js";
export { type ExpOptions, estimates, expOfEstimate, productOfEstimates } from "./dsl/estimates.js";
export { type ChoicesOf, type GenerativeFunction, gen } from "./dsl/gen.js";
export { type Constraints, type Generated, generate } from "./dsl/generate.js";
export { held } from "./dsl/held.js";
export { interpret } from "./dsl/interpret.js";
export { iterate, type Transition, unfold } from "./dsl/iterate.js";
export { leaveOneOut } from "./dsl/leaveOneOut.js";
export { mapResult } from "./dsl/mapResult.js";
export { mask } from "./dsl/mask.js";
export { type Minibatch, minibatch, minibatchOf, type RowOptions } from "./dsl/minibatch.js";
export { type Mixed, mix } from "./dsl/mix.js";
export { type Observed, observations } from "./dsl/observations.js";
export { partial } from "./dsl/partial.js";
export { type PlateOptions, plate, repeat } from "./dsl/plate.js";
export { type Predicted, predict } from "./dsl/predict.js";
export { project } from "./dsl/project.js";
export { type Proposed, propose } from "./dsl/propose.js";
export { recurse } from "./dsl/recurse.js";
export { type Regenerated, regenerate } from "./dsl/regenerate.js";
export { average, type Computation, replicate } from "./dsl/replicate.js";
export { simulate, simulateGuide } from "./dsl/simulate.js";
export { switchOn } from "./dsl/switchOn.js";
export type { AddressesOf, Trace } from "./dsl/trace.js";
export { type Change, type Updated, update } from "./dsl/update.js";
export { type VectorizeOptions, vectorize } from "./dsl/vectorize.js";
export { run } from "./dsl/verbs.js";
export { ElbowError } from "./errors.js";
export { type AutocorrelationOptions, autocorrelation, type Series } from "./inference/diagnostics/autocorrelation.js";
export { type Convergence, type ConvergenceOptions, convergence } from "./inference/diagnostics/convergence.js";
export { effectiveSampleSizeOfChain } from "./inference/diagnostics/effectiveSampleSizeOfChain.js";
export {
  type GradientNoiseOptions,
  type GradientNoiseRow,
  gradientNoiseBySite,
} from "./inference/diagnostics/gradientNoiseBySite.js";
export {
  gradientSignalToNoise,
  type SignalToNoiseOptions,
  type SignalToNoiseRow,
} from "./inference/diagnostics/gradientSignalToNoise.js";
export { type GuideQuality, type GuideQualityOptions, guideQuality } from "./inference/diagnostics/guideQuality.js";
export { type KhatBand, khatAdvice, khatBand } from "./inference/diagnostics/khatAdvice.js";
export {
  type LatentActivityOptions,
  type LatentUnit,
  latentActivity,
} from "./inference/diagnostics/latentActivity.js";
export { type ParetoSmoothedWeights, paretoSmoothedWeights } from "./inference/diagnostics/paretoSmoothing.js";
export {
  type CalibrationOptions,
  type CalibrationRow,
  variationalCalibration,
} from "./inference/diagnostics/variationalCalibration.js";
export {
  type DrawOptions,
  drawMany,
  effectiveSampleSize,
  type ImportanceDraws,
  importanceDraws,
  logEvidence,
  normalizedWeights,
} from "./inference/draws.js";
export { type ExactExpectation, type ExactOptions, exactExpectation } from "./inference/exact/exactExpectation.js";
export {
  type AxisRole,
  type Explanation,
  explain,
  type LeafExplanation,
  type SiteExplanation,
  type StageCost,
} from "./inference/explain/explain.js";
export { type FitOptions, type FitResult, fit } from "./inference/fit.js";
export { type Minibatches, type MinibatchOptions, minibatches } from "./inference/fitting/minibatches.js";
export type { Progress, ProgressReporter } from "./inference/fitting/progress.js";
export type { HistoryEntry } from "./inference/fitting/statistics.js";
export type {
  AutomaticGuide,
  CoordinatesOf,
  GuideOptions,
  PerChoice,
  SpreadOptions,
  Start,
} from "./inference/guides/automaticGuide.js";
export { type DeltaGuide, type DeltaParameters, deltaGuide } from "./inference/guides/deltaGuide.js";
export { type FlowOptions, type FlowParameters, flowGuide } from "./inference/guides/flowGuide.js";
export { type FullRankParameters, fullRank } from "./inference/guides/fullRank.js";
export { hierarchicalGuide, type StructuredParameters } from "./inference/guides/hierarchicalGuide.js";
export { type LaplaceGuide, type LaplaceOptions, laplaceGuide } from "./inference/guides/laplaceGuide.js";
export { type LowRankOptions, type LowRankParameters, lowRank } from "./inference/guides/lowRank.js";
export { type MeanFieldParameters, meanField } from "./inference/guides/meanField.js";
export { type StructuredOptions, structuredGuide } from "./inference/guides/structuredGuide.js";
export { importanceSummary } from "./inference/importanceSummary.js";
export type {
  Alternatives,
  StrategyChoices,
} from "./inference/judging/alternatives.js";
export { type BiasCheck, type BiasEntry, checkUnbiased } from "./inference/judging/checkUnbiased.js";
export {
  type CompareOptions,
  compareEstimators,
  type EstimatorComparison,
  type EstimatorRow,
} from "./inference/judging/compareEstimators.js";
export type { GivenTruth, TruthOptions } from "./inference/judging/truth.js";
export type { Algorithm, DrawnTogether, Particles, Problem } from "./inference/marginal/algorithm.js";
export { exactEnumeration } from "./inference/marginal/exactEnumeration.js";
export { gaussHermite } from "./inference/marginal/gaussHermite.js";
export { type ImportanceSamplingOptions, importanceSampling } from "./inference/marginal/importanceSampling.js";
export { type MarginalOptions, marginal } from "./inference/marginal/marginal.js";
export { type NormalizeOptions, normalize } from "./inference/marginal/normalize.js";
export { type SequentialMonteCarloOptions, sequentialMonteCarlo } from "./inference/marginal/sequentialMonteCarlo.js";
export { minibatchObjective } from "./inference/minibatchObjective.js";
export { type Direction, type Objective, type ObjectiveOptions, objective } from "./inference/objective.js";
export { annealed } from "./inference/objectives/annealed.js";
export { type BetaElboOptions, betaElbo, type KlWeights } from "./inference/objectives/betaElbo.js";
export * as csiszar from "./inference/objectives/csiszar.js";
export { type CuboOptions, cubo } from "./inference/objectives/cubo.js";
export { detached, firstOrderOnly, pathwiseOnly } from "./inference/objectives/detached.js";
export { type DoublyWeightedOptions, diwhvi, type HierarchicalOptions } from "./inference/objectives/diwhvi.js";
export { type ElboOptions, elbo, type GuideParameters } from "./inference/objectives/elbo.js";
export { type CsiszarFunction, fDivergence } from "./inference/objectives/fDivergence.js";
export { fivo } from "./inference/objectives/fivo.js";
export { type ForwardChi2Options, forwardChi2 } from "./inference/objectives/forwardChi2.js";
export { hvi } from "./inference/objectives/hvi.js";
export { type IwelboOptions, iwelbo } from "./inference/objectives/iwelbo.js";
export { type IwhviOptions, iwhvi } from "./inference/objectives/iwhvi.js";
export { logMeanExp } from "./inference/objectives/logMeanExp.js";
export { type LogVarianceOptions, logVariance } from "./inference/objectives/logVariance.js";
export { type MapOptions, mapEstimate } from "./inference/objectives/mapEstimate.js";
export { type MleOptions, mle } from "./inference/objectives/mle.js";
export { type Particle, particle } from "./inference/objectives/particle.js";
export { type PWakeOptions, pWake } from "./inference/objectives/pWake.js";
export { type QWakeOptions, qWake } from "./inference/objectives/qWake.js";
export { type RenyiOptions, renyi } from "./inference/objectives/renyi.js";
export { type RwsOptions, rws } from "./inference/objectives/rws.js";
export { type SleepOptions, sleep } from "./inference/objectives/sleep.js";
export { symmetricKl } from "./inference/objectives/symmetricKl.js";
export { type TrajectoryBalanceOptions, trajectoryBalance } from "./inference/objectives/trajectoryBalance.js";
export { type TvoOptions, tvo } from "./inference/objectives/tvo.js";
export { boundsWithoutEach, type LeftOut } from "./inference/objectives/vimco.js";
export { adam } from "./inference/optimizers/adam.js";
export { adamw } from "./inference/optimizers/adamw.js";
export { clipByNorm, clipByValue, type GradientTransform } from "./inference/optimizers/clip.js";
export { momentum } from "./inference/optimizers/momentum.js";
export type { Optimizer } from "./inference/optimizers/optimizer.js";
export { rmsprop } from "./inference/optimizers/rmsprop.js";
export {
  constant,
  cosineDecay,
  exponentialDecay,
  type LearningRate,
  linearWarmup,
  piecewise,
  type Schedule,
} from "./inference/optimizers/schedules.js";
export { sgd } from "./inference/optimizers/sgd.js";
export { toArvizJson } from "./inference/posterior/arvizJson.js";
export type {
  Coordinate,
  GroupName,
  InferenceData,
  InferenceDataOptions,
  InferenceVariable,
} from "./inference/posterior/inferenceData.js";
export { type H5Library, toNetcdf } from "./inference/posterior/netcdf.js";
export {
  type FromOptions,
  type Posterior,
  type PosteriorOptions,
  type PosteriorSettings,
  type PosteriorSummary,
  type PosteriorSummaryOptions,
  posterior,
  type Weighting,
} from "./inference/posterior/posterior.js";
export { type Draws, type PredictiveDraws, type PredictiveOptions, predictive } from "./inference/predictive.js";
export { type ProfileStepOptions, profileStep, type StepProfile } from "./inference/profileStep.js";
export type { StrategyFunction, StrategyMap } from "./inference/replaceStrategies.js";
export { type FitJson, fitFromJson, type SavedFit, type SavedSite } from "./inference/results/savedFit.js";
export { type ShapeRow, type ShapeSite, shapesOfObjective, shapeTable } from "./inference/shapeTable.js";
export {
  type Filtered,
  type FilterProblem,
  type ParticleFilterOptions,
  particleFilter,
} from "./inference/smc/particleFilter.js";
export type { ResamplingOptions } from "./inference/smc/resampling.js";
export type { Proposal, StateLaw, StateSpaceModel } from "./inference/smc/stateSpaceModel.js";
export type { StepPart } from "./inference/stepParts.js";
export { formatSummary, type SummaryRow, summarize } from "./inference/summary.js";
export { withStrategies } from "./inference/withStrategies.js";
export { print } from "./ir/print.js";
export type { Family, Strategy } from "./ir/site.js";
export { trace } from "./ir/tracing.js";
export { branch, loop } from "./ops/control.js";
export {
  cholesky,
  choleskySolve,
  diagonal,
  diagonalMatrix,
  logDeterminant,
  matVec,
  triangularSolve,
  tril,
  triu,
} from "./ops/linearAlgebra.js";
export { assumeContinuous, stopGradient } from "./ops/marks.js";
export { foldIn, namedKey, seedKey, standardNormal, standardUniform } from "./ops/random.js";
export {
  betainc,
  betaln,
  digamma,
  erf,
  erfc,
  erfinv,
  expm1,
  gammainc,
  gammaincc,
  i0e,
  i1e,
  lambertw,
  lgamma,
  log1p,
  logAddExp,
  logI0,
  logNdtr,
  logSigmoid,
  logSumExp,
  ndtr,
  ndtri,
  polygamma,
  softplus,
  trigamma,
  xlog1py,
  xlogy,
} from "./ops/special.js";
export { where } from "./ops/where.js";
export { formatBiasCheck, formatComparison } from "./report/estimatorTables.js";
export { formatExplanation } from "./report/explanation.js";
export { explanationSvg } from "./report/explanationSvg.js";
export type { AnyPosterior, ReportOptions } from "./report/html/reportData.js";
export { reportHtml } from "./report/html/reportHtml.js";
export { formatShapeTable } from "./report/shapeTable.js";
export { formatSites } from "./report/siteTable.js";
export { formatStepProfile } from "./report/stepTable.js";
export { compile } from "./runtime/compile.js";
export {
  type AutomaticChoice,
  describeChoice,
  describeEngine,
  type Engine,
  type EngineDetails,
  type EngineStats,
  type Executable,
  type ExecutableDetails,
} from "./runtime/engine.js";
export { engineByName, listEngines } from "./runtime/engines.js";
export { arm } from "./strategies/arm.js";
export { type Baseline, type LearnedOptions, learned } from "./strategies/baselines.js";
export { disarm } from "./strategies/disarm.js";
export { enumerate } from "./strategies/enumerate.js";
export { type GumbelSoftmaxOptions, gumbelSoftmax } from "./strategies/gumbelSoftmax.js";
export { type ImportanceOptions, importance } from "./strategies/importance.js";
export { localExpectation } from "./strategies/localExpectation.js";
export { type MeasureValuedOptions, measureValued } from "./strategies/measureValued.js";
export { muProp } from "./strategies/muProp.js";
export { type QuadratureOptions, quadrature } from "./strategies/quadrature.js";
export { type RebarOptions, rebar } from "./strategies/rebar.js";
export { type ReinforceOptions, reinforce } from "./strategies/reinforce.js";
export { type RelaxOptions, relax } from "./strategies/relax.js";
export { type ReparamOptions, reparam } from "./strategies/reparam.js";
export { straightThrough } from "./strategies/straightThrough.js";
export { withStrategy } from "./strategies/strategy.js";
export { type TopKOptions, topK } from "./strategies/topK.js";
export { type UnorderedSetOptions, unorderedSet } from "./strategies/unorderedSet.js";
export { valueAndGrad } from "./transforms/grad.js";
export { simplify } from "./transforms/simplify.js";
export { vmap } from "./transforms/vmap.js";

import "./util/registerEnd.js";
