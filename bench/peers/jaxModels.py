"""The models of suite `engine` in JAX: pure functions, jit over lax.scan, AdamW written out. Matrices lie [in, out]."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def cross_entropy(logits, labels):
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), labels[..., None], axis=-1))


def grokking(p, data, sizes):
    pairs = data["pairs"]
    x = p["E"][pairs[:, 0]] + p["E"][pairs[:, 1]]
    return cross_entropy(jax.nn.relu(x @ p["W1"]) @ p["W2"], data["labels"])


def mlp(p, data, sizes):
    rows = data["index"]
    x = data["images"][rows].astype(jnp.float32) * (1 / 255)
    logits = jax.nn.relu(x @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"]
    return cross_entropy(logits, data["labels"][rows])


def attention(q, k, v, heads):
    batch, time, width = q.shape
    q, k, v = (x.reshape(batch, time, heads, width // heads) for x in (q, k, v))
    scores = jnp.einsum("bthd,bshd->bhts", q, k) / np.sqrt(width // heads)
    scores = jnp.where(np.tril(np.ones((time, time), bool)), scores, -1e9)
    return jnp.einsum("bhts,bshd->bthd", jax.nn.softmax(scores), v).reshape(batch, time, width)


def transformer_loss(p, tokens, answers, heads):
    x = p["tokens"][tokens] + p["positions"]
    x = x + attention(x @ p["query"], x @ p["key"], x @ p["value"], heads) @ p["merge"]
    x = x + jax.nn.relu(x @ p["up"] + p["upBias"]) @ p["down"] + p["downBias"]
    return cross_entropy(x[:, -1] @ p["unembedding"], answers)


def transformer(p, data, sizes):
    rows = data["index"]
    return transformer_loss(p, data["sequences"][rows], data["answers"][rows], sizes["heads"])


def transformer_full(p, data, sizes):
    return transformer_loss(p, data["sequences"], data["answers"], sizes["heads"])


def layer_norm(x, scale, shift):
    centred = x - x.mean(-1, keepdims=True)
    return centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * scale + shift


def gpt(p, data, sizes):
    rows = data["index"]
    x = p["tokens"][data["text"][rows]] + p["positions"]
    for layer in range(sizes["layers"]):
        own = lambda name: p[f"{layer}.{name}"]  # noqa: E731
        q, k, v = jnp.split(layer_norm(x, own("norm1"), own("norm1Bias")) @ own("qkv") + own("qkvBias"), 3, axis=-1)
        x = x + attention(q, k, v, sizes["heads"]) @ own("merge") + own("mergeBias")
        hidden = jax.nn.gelu(layer_norm(x, own("norm2"), own("norm2Bias")) @ own("up") + own("upBias"))
        x = x + hidden @ own("down") + own("downBias")
    return cross_entropy(layer_norm(x, p["norm"], p["normBias"]) @ p["head"], data["nextText"][rows])


LOSSES = {
    "grokking": grokking,
    "mlp": mlp,
    "transformer": transformer,
    "transformerFull": transformer_full,
    "gpt": gpt,
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
