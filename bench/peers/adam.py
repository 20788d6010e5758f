"""Adam's steps on the gradient of a loss, in one jitted lax.scan."""
from functools import partial

import jax
import jax.numpy as jnp
from jax import lax, random


def scanned(loss, parameters, learning_rate, value_and_grad=None):
    """run(state, n) -> (state, losses[n]), and where it starts; loss(parameters, key)."""
    derive = value_and_grad or jax.value_and_grad(loss)

    @partial(jax.jit, static_argnums=1)
    def run(state, n):
        def step(state, _):
            parameters, m, v, t, key = state
            key, own = random.split(key)
            value, gradient = derive(parameters, own)
            t = t + 1
            m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradient)
            v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g**2, v, gradient)
            move = lambda p, m, v: p - learning_rate * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8)
            return (jax.tree.map(move, parameters, m, v), m, v, t, key), value

        return lax.scan(step, state, None, length=n)

    zeros = jax.tree.map(jnp.zeros_like, parameters)
    return run, (parameters, zeros, zeros, jnp.float32(0), random.key(0))
