"""The flagship's step in another framework: MLP 784-128-10, batch 128 gathered from 10,000 resident uint8 images,
weighted cross-entropy, AdamW with a cosine learning rate, one thread. Reads a number of steps a line, answers with
milliseconds a step."""

import json
import math
import sys
import time

import_error = None
framework = sys.argv[1]
BATCH, IMAGES, STEPS = 128, 10_000, 2_000
try:
    import numpy as np

    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (IMAGES, 784), dtype=np.uint8)
    labels = rng.integers(0, 10, IMAGES).astype(np.int32)
    order = np.concatenate([rng.permutation(IMAGES) for _ in range(2 + STEPS * BATCH // IMAGES)]).astype(np.int32)
    batches = order[: STEPS * BATCH].reshape(STEPS, BATCH)
    rates = np.array([6e-4 * 0.5 * (1 + math.cos(math.pi * i / STEPS)) for i in range(STEPS)], dtype=np.float32)
    first = (rng.standard_normal((784, 128)) * math.sqrt(2 / 784)).astype(np.float32)
    second = (rng.standard_normal((128, 10)) * math.sqrt(2 / 128)).astype(np.float32)

    if framework == "torch":
        import torch

        torch.set_num_threads(1)
        torch.set_num_interop_threads(1)
        x_all, y_all = torch.tensor(images), torch.tensor(labels, dtype=torch.int64)
        weights_all = torch.ones(IMAGES)
        index = torch.tensor(batches, dtype=torch.int64)
        w1 = torch.tensor(first, requires_grad=True)
        b1 = torch.zeros(128, requires_grad=True)
        w2 = torch.tensor(second, requires_grad=True)
        b2 = torch.zeros(10, requires_grad=True)
        optimizer = torch.optim.AdamW([w1, b1, w2, b2], lr=6e-4, weight_decay=0.0)

        def run(begin, end):
            for i in range(begin, end):
                rows = index[i]
                x = x_all[rows].float().mul_(1 / 255)
                loss = torch.nn.functional.cross_entropy(torch.relu(x @ w1 + b1) @ w2 + b2, y_all[rows], reduction="none")
                loss = (loss * weights_all[rows]).mean()
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                for group in optimizer.param_groups:
                    group["lr"] = float(rates[i])
                optimizer.step()

        ready = f"PyTorch {torch.__version__.split('+')[0]} eager"
    else:
        import jax
        import jax.numpy as jnp

        x_all, y_all, weights_all = jnp.asarray(images), jnp.asarray(labels), jnp.ones(IMAGES)
        params = [jnp.asarray(first), jnp.zeros(128), jnp.asarray(second), jnp.zeros(10)]
        state = (params, [jnp.zeros_like(p) for p in params], [jnp.zeros_like(p) for p in params])

        def loss_of(p, x, y, w):
            logits = jax.nn.relu(x @ p[0] + p[1]) @ p[2] + p[3]
            return jnp.mean(-jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], axis=1)[:, 0] * w)

        def step(carry, row):
            p, m, v = carry
            rows, rate, count = row
            x = x_all[rows].astype(jnp.float32) * (1 / 255)
            value, grads = jax.value_and_grad(loss_of)(p, x, y_all[rows], weights_all[rows])
            m = [0.9 * a + 0.1 * g for a, g in zip(m, grads)]
            v = [0.999 * a + 0.001 * g * g for a, g in zip(v, grads)]
            c1, c2 = 1 - 0.9**count, 1 - 0.999**count
            p = [a - rate * (b / c1) / (jnp.sqrt(c / c2) + 1e-8) for a, b, c in zip(p, m, v)]
            return (p, m, v), value

        @jax.jit
        def scan(carry, rows, rate, count):
            return jax.lax.scan(step, carry, (rows, rate, count))

        def run(begin, end):
            global state
            counts = jnp.arange(begin + 1, end + 1, dtype=jnp.float32)
            state, losses = scan(state, jnp.asarray(batches[begin:end]), jnp.asarray(rates[begin:end]), counts)
            losses.block_until_ready()

        ready = f"JAX {jax.__version__} jit + scan"
except ImportError as error:
    import_error = str(error)

if import_error is not None:
    print(json.dumps({"missing": f"{framework}: {import_error}"}), flush=True)
    sys.exit(0)
print(json.dumps({"ready": ready}), flush=True)
position = 0
for line in sys.stdin:
    steps = int(line)
    if position + steps > STEPS:
        position = 0
    begun = time.perf_counter()
    run(position, position + steps)
    print(json.dumps({"msPerStep": 1000 * (time.perf_counter() - begun) / steps}), flush=True)
    position += steps
