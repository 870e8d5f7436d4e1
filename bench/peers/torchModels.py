"""The models of suite `engine` in PyTorch, eager, as a PyTorch user writes them: functions of parameters whose matrices
lie as in nn.Linear ([out, in]), torch.optim.AdamW with its own defaults, zero_grad(set_to_none=True), and no .item() in
the loop."""

import torch
from torch.nn.functional import cross_entropy, embedding, gelu, layer_norm, linear, relu, scaled_dot_product_attention

torch.set_num_threads(1)
torch.set_num_interop_threads(1)

# Parameters that are no nn.Linear weight and stay as they are.
TABLES = {"E", "tokens", "positions"}


def grokking(p, data, sizes):
    pairs = data["pairs"]
    x = embedding(pairs[:, 0], p["E"]) + embedding(pairs[:, 1], p["E"])
    return cross_entropy(linear(relu(linear(x, p["W1"])), p["W2"]), data["labels"])


def mlp(p, data, sizes):
    rows = data["index"]
    x = data["images"][rows].float().mul_(1 / 255)
    logits = linear(relu(linear(x, p["w1"], p["b1"])), p["w2"], p["b2"])
    return cross_entropy(logits, data["labels"][rows])


def attention(q, k, v, heads):
    batch, time, width = q.shape
    q, k, v = (x.view(batch, time, heads, width // heads).transpose(1, 2) for x in (q, k, v))
    mixed = scaled_dot_product_attention(q, k, v, is_causal=True)
    return mixed.transpose(1, 2).reshape(batch, time, width)


def transformer_loss(p, tokens, answers, heads):
    x = embedding(tokens, p["tokens"]) + p["positions"]
    mixed = attention(linear(x, p["query"]), linear(x, p["key"]), linear(x, p["value"]), heads)
    x = x + linear(mixed, p["merge"])
    x = x + linear(relu(linear(x, p["up"], p["upBias"])), p["down"], p["downBias"])
    return cross_entropy(linear(x[:, -1], p["unembedding"]), answers)


def transformer(p, data, sizes):
    rows = data["index"]
    return transformer_loss(p, data["sequences"][rows], data["answers"][rows], sizes["heads"])


def transformer_full(p, data, sizes):
    return transformer_loss(p, data["sequences"], data["answers"], sizes["heads"])


def gpt(p, data, sizes):
    rows = data["index"]
    inputs, targets = data["text"][rows], data["nextText"][rows]
    x = embedding(inputs, p["tokens"]) + p["positions"]
    width = x.shape[-1]
    for layer in range(sizes["layers"]):
        own = lambda name: p[f"{layer}.{name}"]  # noqa: E731
        normed = layer_norm(x, (width,), own("norm1"), own("norm1Bias"))
        q, k, v = linear(normed, own("qkv"), own("qkvBias")).split(width, dim=-1)
        x = x + linear(attention(q, k, v, sizes["heads"]), own("merge"), own("mergeBias"))
        normed = layer_norm(x, (width,), own("norm2"), own("norm2Bias"))
        hidden = gelu(linear(normed, own("up"), own("upBias")), approximate="tanh")
        x = x + linear(hidden, own("down"), own("downBias"))
    logits = linear(layer_norm(x, (width,), p["norm"], p["normBias"]), p["head"])
    return cross_entropy(logits.view(-1, logits.shape[-1]), targets.view(-1))


LOSSES = {
    "grokking": grokking,
    "mlp": mlp,
    "transformer": transformer,
    "transformerFull": transformer_full,
    "gpt": gpt,
}


def as_torch(array):
    tensor = torch.from_numpy(array)
    return tensor.long() if tensor.dtype == torch.int32 else tensor


class Training:
    name = f"PyTorch {torch.__version__.split('+')[0]} eager"

    def __init__(self, problem):
        self.problem = problem
        self.loss = LOSSES[problem["model"]]
        self.resident = {name: as_torch(array) for name, array in problem["resident"].items()}
        self.per_step = {name: as_torch(array) for name, array in problem["perStep"].items()}
        self.restart()

    def restart(self):
        self.parameters = {
            name: torch.from_numpy(array.T.copy() if array.ndim == 2 and name not in TABLES else array.copy())
            .requires_grad_()
            for name, array in self.problem["parameters"].items()
        }
        self.optimizer = torch.optim.AdamW(
            self.parameters.values(), lr=self.problem["learningRate"], weight_decay=self.problem["weightDecay"]
        )
        self.step = 0

    def advance(self, steps):
        losses = []
        for _ in range(steps):
            batch = {name: rows[self.step % len(rows)] for name, rows in self.per_step.items()}
            loss = self.loss(self.parameters, {**self.resident, **batch}, self.problem["sizes"])
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()
            losses.append(loss.detach())
            self.step += 1
        return torch.stack(losses).tolist()
