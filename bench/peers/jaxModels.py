"""The models of suite `engine` in JAX: pure functions, jit over lax.scan, AdamW written out. Matrices lie [in, out]."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def cross_entropy(logits, labels):
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), labels[..., None], axis=-1))


def grokking(p, data, sizes):
    x = p["E"][data["first"]] + p["E"][data["second"]]
    return cross_entropy(jax.nn.relu(x @ p["W1"]) @ p["W2"], data["labels"])


def affine(x, p, name):
    y = x @ p[f"{name}.weight"]
    return y + p[f"{name}.bias"] if f"{name}.bias" in p else y


def mlp(p, data, sizes):
    rows = data["index"]
    x = data["images"][rows].astype(jnp.float32) * (1 / 255)
    return cross_entropy(affine(jax.nn.relu(affine(x, p, "dense0")), p, "dense1"), data["labels"][rows])


def max_pool(x):
    batch, channels, height, width = x.shape
    return x.reshape(batch, channels, height // 2, 2, width // 2, 2).max((3, 5))


def conv(p, data, sizes):
    rows = data["index"]
    x = (data["images"][rows].astype(jnp.float32) * (1 / 255)).reshape(-1, 1, sizes["side"], sizes["side"])
    for name in ("conv0", "conv1"):
        x = jax.lax.conv(x, p[f"{name}.weight"], (1, 1), "VALID") + p[f"{name}.bias"][:, None, None]
        x = max_pool(jax.nn.relu(x))
    hidden = jax.nn.relu(affine(x.reshape(len(x), -1), p, "head.dense0"))
    return cross_entropy(affine(hidden, p, "head.dense1"), data["labels"][rows])


def attention(x, p, name, heads):
    batch, time, width = x.shape
    parts = (affine(x, p, f"{name}.{part}") for part in ("query", "key", "value"))
    q, k, v = (part.reshape(batch, time, heads, width // heads) for part in parts)
    scores = jnp.einsum("bthd,bshd->bhts", q, k) / np.sqrt(width // heads)
    scores = jnp.where(np.tril(np.ones((time, time), bool)), scores, -1e9)
    mixed = jnp.einsum("bhts,bshd->bthd", jax.nn.softmax(scores), v)
    return affine(mixed.reshape(batch, time, width), p, f"{name}.output")


def transformer_loss(p, tokens, answers, heads):
    x = p["embedding.weight"][tokens] + p["positions.weight"]
    x = x + attention(x, p, "attention", heads)
    x = x + affine(jax.nn.relu(affine(x, p, "mlp.dense0")), p, "mlp.dense1")
    return cross_entropy(affine(x[:, -1], p, "unembedding"), answers)


def transformer(p, data, sizes):
    rows = data["index"]
    return transformer_loss(p, data["sequences"][rows], data["answers"][rows], sizes["heads"])


def transformer_full(p, data, sizes):
    return transformer_loss(p, data["sequences"], data["answers"], sizes["heads"])


def norm(x, p, name):
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
    return scaled * p[f"{name}.weight"] + p[f"{name}.bias"]


def gpt(p, data, sizes):
    rows = data["index"]
    x = p["embedding.weight"][data["text"][rows]] + p["positions.weight"]
    for i in range(sizes["layers"]):
        x = x + attention(norm(x, p, f"block{i}.attentionNorm"), p, f"block{i}.attention", sizes["heads"])
        hidden = jax.nn.gelu(affine(norm(x, p, f"block{i}.mlpNorm"), p, f"block{i}.mlp.dense0"))
        x = x + affine(hidden, p, f"block{i}.mlp.dense1")
    return cross_entropy(affine(norm(x, p, "norm"), p, "unembedding"), data["nextText"][rows])


LOSSES = {
    "grokking": grokking,
    "mlp": mlp,
    "transformer": transformer,
    "transformerFull": transformer_full,
    "gpt": gpt,
    "conv": conv,
}


class Training:
    name = f"JAX {jax.__version__} jit + scan"

    def __init__(self, problem):
        self.problem = problem
        self.resident = {name: jnp.asarray(array) for name, array in problem["resident"].items()}
        self.restart()
        rate, decay = problem["learningRate"], problem["weightDecay"]
        loss, sizes = LOSSES[problem["model"]], problem["sizes"]

        def step(resident, carry, row):
            p, m, v = carry
            batch, count = row
            value, grads = jax.value_and_grad(lambda own: loss(own, {**resident, **batch}, sizes))(p)
            m = jax.tree.map(lambda a, g: BETA1 * a + (1 - BETA1) * g, m, grads)
            v = jax.tree.map(lambda a, g: BETA2 * a + (1 - BETA2) * g * g, v, grads)
            c1, c2 = 1 - BETA1**count, 1 - BETA2**count

            def update(w, a, b):
                return w * (1 - rate * decay) - rate * (a / c1) / (jnp.sqrt(b / c2) + EPSILON)

            return (jax.tree.map(update, p, m, v), m, v), value

        # The data are an argument: as constants of the program XLA would fold them into it while it compiles.
        self.scan = jax.jit(lambda carry, rows, data: jax.lax.scan(partial(step, data), carry, rows), donate_argnums=0)

    def restart(self):
        p = {name: jnp.array(array) for name, array in self.problem["parameters"].items()}
        self.carry = (p, jax.tree.map(jnp.zeros_like, p), jax.tree.map(jnp.zeros_like, p))
        self.step = 0

    def advance(self, steps):
        numbers = np.arange(self.step, self.step + steps)
        batches = {name: array[numbers % len(array)] for name, array in self.problem["perStep"].items()}
        self.carry, losses = self.scan(self.carry, (batches, (numbers + 1).astype(np.float32)), self.resident)
        self.step += steps
        return np.asarray(losses).tolist()

    def product(self):
        """By parameter: the norm of H·v, and v·H·v, for the direction v under "along." in the data."""
        p, data = self.carry[0], self.resident
        along = {name: data[f"along.{name}"] for name in p}
        loss, sizes = LOSSES[self.problem["model"]], self.problem["sizes"]
        _, result = jax.jit(lambda *pair: jax.jvp(jax.grad(lambda own: loss(own, data, sizes)), pair[:1], pair[1:]))(p, along)
        return {name: [float(jnp.linalg.norm(h)), float(jnp.vdot(h, along[name]))] for name, h in result.items()}
