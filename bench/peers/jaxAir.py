"""Attend–Infer–Repeat as in models/air.ts, by hand in plain JAX: the number of objects summed out, one batched backward pass."""
import jax
import jax.numpy as jnp
from adam import scanned
from jax import lax, nn, random
from task import Task, report

SLOTS, CANVAS, PIXEL_SCALE, EPSILON = 3, 50, 0.3, 1e-4
HALF_LOG_2PI = 0.5 * jnp.log(2 * jnp.pi)
WHERE_LOC, WHERE_SCALE = jnp.array([3.0, 0.0, 0.0]), jnp.array([0.2, 1.0, 1.0])


def log_normal(x, loc, scale):
    return -0.5 * ((x - loc) / scale) ** 2 - jnp.log(scale) - HALF_LOG_2PI


def log_sticks(chances):
    rest, ends = 0.0, []
    for chance in chances:
        ends.append(rest + jnp.log1p(-chance))
        rest = rest + jnp.log(chance)
    return jnp.stack([*ends, rest], -1)


LOG_PRIOR = log_sticks([jnp.float32(0.05), jnp.float32(0.05**2.3), jnp.float32(0.05**5)])
dense = lambda layer, x: x @ layer["weights"] + layer["bias"]
leaky = lambda x: nn.leaky_relu(x, 0.01)


def hats(places, source):
    return nn.relu(1 - jnp.abs(((places + 1) * (source - 1) / 2)[..., None] - jnp.arange(source)))


def attend(images, where, window):
    s, x, y = jnp.split(where, 3, 1)
    weights = lambda shift: hats((jnp.linspace(-1, 1, window) - shift) / s, images.shape[-1])
    return weights(y) @ images @ weights(x).transpose(0, 2, 1)


def place(objects, where):
    s, x, y = jnp.split(where, 3, 1)
    weights = lambda shift: hats(jnp.linspace(-1, 1, CANVAS) * s + shift, objects.shape[-1])
    return weights(y) @ objects @ weights(x).transpose(0, 2, 1)


def loss(p, key, images):
    batch = images.shape[0]
    window = int(p["encoder"]["0"]["weights"].shape[0] ** 0.5)
    codes = p["decoder"]["0"]["weights"].shape[0]
    size = p["image"]["bias"].shape[0] // 4
    canvases = images.reshape(batch, CANVAS, CANVAS)
    seen = dense(p["image"], images)
    where, what = jnp.zeros((batch, 3)), jnp.zeros((batch, codes))
    hidden, cell = jnp.zeros((batch, size)), jnp.zeros((batch, size))
    chances, ratios, painted = [], [jnp.zeros(batch)], [jnp.zeros((batch, CANVAS**2))]
    for key in random.split(key, SLOTS):
        k1, k2 = random.split(key)
        gates = seen + jnp.concatenate([where, what, hidden], 1) @ p["recurrent"]
        i, f, u, o = jnp.split(gates, 4, -1)
        cell = nn.sigmoid(f) * cell + nn.sigmoid(i) * jnp.tanh(u)
        hidden = nn.sigmoid(o) * jnp.tanh(cell)
        presence, loc, scale = jnp.split(dense(p["predict"], hidden), [1, 4], 1)
        scale = nn.softplus(scale)
        where = loc + scale * random.normal(k1, loc.shape)
        glimpse = attend(canvases, where, window).reshape(batch, -1)
        mean, spread = jnp.split(dense(p["encoder"]["1"], leaky(dense(p["encoder"]["0"], glimpse))), 2, 1)
        spread = nn.softplus(spread)
        what = mean + spread * random.normal(k2, mean.shape)
        ratio = jnp.sum(log_normal(where, WHERE_LOC, WHERE_SCALE) - log_normal(where, loc, scale), 1)
        ratio = ratio + jnp.sum(log_normal(what, 0.0, 1.0) - log_normal(what, mean, spread), 1)
        ratios.append(ratios[-1] + ratio)
        chances.append((nn.sigmoid(presence[:, 0]) + EPSILON) / (1 + 1.01 * EPSILON))
        objects = nn.sigmoid(dense(p["decoder"]["1"], leaky(dense(p["decoder"]["0"], what))))
        painted.append(painted[-1] + place(objects.reshape(batch, window, window), where).reshape(batch, -1))
    log_counts = log_sticks(chances)
    log_images = jnp.stack([jnp.sum(log_normal(images, canvas, PIXEL_SCALE), 1) for canvas in painted], 1)
    costs = jnp.stack(ratios, 1) + LOG_PRIOR - log_counts + log_images
    return -jnp.mean(jnp.sum(jnp.exp(log_counts) * costs, 1))


task = Task()
run, start = scanned(lambda p, key: loss(p, key, *task.data), task.parameters, task.learning_rate)
report(task, run, start)
