"""Losses by hand in plain JAX: value_and_grad, Adam and the loop over steps in one jitted lax.scan. With "per-example", the
gradient of every image by vmap."""
import sys

import jax
import jax.numpy as jnp
from adam import scanned
from jax import lax, nn, random
from task import Task, report

HALF_LOG_2PI = 0.5 * jnp.log(2 * jnp.pi)


def normal(key, q, shape=()):
    """A draw of a normal with parameters loc, logScale; and log q without the 2 pi."""
    noise = random.normal(key, (*shape, *q["loc"].shape))
    return q["loc"] + jnp.exp(q["logScale"]) * noise, jnp.sum(-0.5 * noise**2 - q["logScale"])


def coin(p, key, flips):
    x, log_q = normal(key, p)
    log_p, log_not_p = nn.log_sigmoid(x), nn.log_sigmoid(-x)
    heads = jnp.sum(flips)
    log_beta = 2 * jnp.sum(jnp.log(jnp.arange(1.0, 10))) - jnp.sum(jnp.log(jnp.arange(1.0, 20)))
    log_joint = (9 + heads) * log_p + (19 - heads) * log_not_p - log_beta
    return -(log_joint - (log_q - HALF_LOG_2PI - log_p - log_not_p))


def eight_schools(p, key, y, sigma):
    k1, k2, k3 = random.split(key, 3)
    mu, q1 = normal(k1, p["mu"])
    log_tau, q2 = normal(k2, p["tau"])
    eta, q3 = normal(k3, p["eta"])
    tau = jnp.exp(log_tau)
    log_y = jnp.sum(-0.5 * ((y - mu - tau * eta) / sigma) ** 2 - jnp.log(sigma) - HALF_LOG_2PI)
    log_prior = -0.02 * mu**2 - 0.5 * jnp.sum(eta**2) - 2 * jnp.log(5) + jnp.log(2 / jnp.pi) - jnp.log1p(tau**2 / 25)
    return -(log_y + log_prior + log_tau + HALF_LOG_2PI - q1 - q2 - q3)


def logistic(p, key, x, y):
    k1, k2 = random.split(key)
    b, q1 = normal(k1, p["intercept"])
    w, q2 = normal(k2, p["weights"])
    logits = x @ w + b
    log_y = jnp.sum(y * logits - nn.softplus(logits))
    return -(log_y - 0.5 * jnp.sum(w**2) - 0.02 * b**2 - jnp.log(5) - q1 - q2)


def mixture_globals(p, key):
    k1, k2 = random.split(key)
    shares, q1 = normal(k1, p["shares"])
    means, q2 = normal(k2, p["means"])
    prior = -0.5 * jnp.sum(shares**2) - jnp.sum(0.5 * (means / 10) ** 2 + jnp.log(10))
    return nn.log_softmax(shares), means, prior - q1 - q2


def mixture(p, key, x):
    log_shares, means, value = mixture_globals(p, key)
    joint = log_shares - 0.5 * jnp.sum((x[:, None] - means) ** 2, -1) - 2 * HALF_LOG_2PI
    return -(value + jnp.sum(nn.logsumexp(joint, axis=1)))


def mixture_score(p, key, x):
    k1, k2 = random.split(key)
    log_shares, means, value = mixture_globals(p, k1)
    z = random.categorical(k2, p["assignments"])
    log_q = jnp.take_along_axis(nn.log_softmax(p["assignments"]), z[:, None], 1)[:, 0]
    cost = log_shares[z] - 0.5 * jnp.sum((x - means[z]) ** 2, 1) - log_q
    score = lax.stop_gradient(cost) * (log_q - lax.stop_gradient(log_q))
    return -(value + jnp.sum(cost + score) - 2 * x.shape[0] * HALF_LOG_2PI)


def iwae(particles):
    dense = lambda layer, x: x @ layer["weights"] + layer["bias"]

    def loss(p, key, images):
        hidden = jnp.tanh(dense(p["encoder"], images))
        loc, log_scale = dense(p["loc"], hidden), dense(p["logScale"], hidden)
        noise = random.normal(key, (particles, *loc.shape))
        z = loc + jnp.exp(log_scale) * noise
        logits = dense(p["logits"], jnp.tanh(dense(p["decoder"], z)))
        log_x = jnp.sum(images * logits - nn.softplus(logits), -1)
        log_weights = log_x + jnp.sum(0.5 * (noise**2 - z**2) + log_scale, -1)
        return -jnp.mean(nn.logsumexp(log_weights, axis=0) - jnp.log(particles))

    return loss


task = Task()
particles = int(task.variant[2:]) if task.workload == "W6" else 1
loss = {
    "W1": coin, "W2": eight_schools, "W3": logistic, "W5": mixture, "W5s": mixture_score,
    "W4": iwae(1), "VAE": iwae(1), "W6": iwae(particles),
}[task.workload]


def batch_loss(parameters, key):
    keys = random.split(key, task.draws)
    return jnp.mean(jax.vmap(lambda k: loss(parameters, k, *task.data))(keys)) if task.draws > 1 else loss(parameters, key, *task.data)


def per_example(parameters, key):
    """The gradient of every image on its own, then their mean: what vmap(grad(...)) of a model of one image comes to."""
    (images,) = task.data
    one = lambda image, k: jax.value_and_grad(loss)(parameters, k, image[None])
    values, gradients = jax.vmap(one)(images, random.split(key, images.shape[0]))
    return jnp.mean(values), jax.tree.map(lambda g: jnp.mean(g, 0), gradients)


is_per_example = "per-example" in sys.argv[2:]
run, start = scanned(batch_loss, task.parameters, task.learning_rate, per_example if is_per_example else None)
report(task, run, start)
