"""The models in NumPyro, SVI.update inside one jitted lax.scan."""
from functools import partial

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from jax import lax, random
from numpyro.infer import SVI, Trace_ELBO, TraceEnum_ELBO
from task import Task, report

task = Task()
start = task.parameters


def guide_normal(site, q, name, transform=()):
    """A normal at a site with free loc and logScale, started like the others' ones."""
    loc = numpyro.param(f"{name}.loc", q["loc"])
    scale = jnp.exp(numpyro.param(f"{name}.logScale", q["logScale"]))
    base = dist.Normal(loc, scale)
    base = dist.TransformedDistribution(base, list(transform)) if transform else base
    numpyro.sample(site, base.to_event(loc.ndim))


def coin(flips):
    p = numpyro.sample("p", dist.Beta(10, 10))
    with numpyro.plate("flips", 10):
        numpyro.sample("obs", dist.Bernoulli(p), obs=flips)


def coin_guide(flips):
    guide_normal("p", start, "p", [dist.transforms.SigmoidTransform()])


def eight_schools(y, sigma):
    mu = numpyro.sample("mu", dist.Normal(0, 5))
    tau = numpyro.sample("tau", dist.HalfCauchy(5))
    eta = numpyro.sample("eta", dist.Normal(0, 1).expand([8]).to_event(1))
    numpyro.sample("obs", dist.Normal(mu + tau * eta, sigma).to_event(1), obs=y)


def eight_schools_guide(y, sigma):
    guide_normal("mu", start["mu"], "mu")
    guide_normal("tau", start["tau"], "tau", [dist.transforms.ExpTransform()])
    guide_normal("eta", start["eta"], "eta")


def logistic(x, y):
    b = numpyro.sample("intercept", dist.Normal(0, 5))
    w = numpyro.sample("weights", dist.Normal(0, 1).expand([x.shape[1]]).to_event(1))
    numpyro.sample("obs", dist.Bernoulli(logits=x @ w + b).to_event(1), obs=y)


def logistic_guide(x, y):
    guide_normal("intercept", start["intercept"], "intercept")
    guide_normal("weights", start["weights"], "weights")


def mixture(x):
    shares = numpyro.sample("shares", dist.Normal(0, 1).expand([8]).to_event(1))
    means = numpyro.sample("means", dist.Normal(0, 10).expand([8, 2]).to_event(2))
    with numpyro.plate("data", x.shape[0]):
        z = numpyro.sample("z", dist.Categorical(logits=shares), infer={"enumerate": "parallel"})
        numpyro.sample("obs", dist.Normal(means[z], 1).to_event(1), obs=x)


def mixture_guide(x):
    guide_normal("shares", start["shares"], "shares")
    guide_normal("means", start["means"], "means")


model, guide, elbo = {
    "W1": (coin, coin_guide, Trace_ELBO),
    "W2": (eight_schools, eight_schools_guide, Trace_ELBO),
    "W3": (logistic, logistic_guide, Trace_ELBO),
    "W5": (mixture, mixture_guide, TraceEnum_ELBO),
}[task.workload]
objective = elbo(num_particles=task.draws)
svi = SVI(model, guide, numpyro.optim.Adam(task.learning_rate), objective)


@partial(jax.jit, static_argnums=1)
def run(state, n):
    return lax.scan(lambda s, _: svi.update(s, *task.data), state, None, length=n)


report(task, run, svi.init(random.key(0), *task.data))
