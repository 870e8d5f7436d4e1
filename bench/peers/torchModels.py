"""The models of suite `engine` in PyTorch, eager, as a PyTorch user writes them: functions of parameters whose matrices
lie as in nn.Linear ([out, in]), torch.optim.AdamW with its own defaults, zero_grad(set_to_none=True), and no .item() in
the loop."""

import torch
from torch.nn.functional import (
    conv2d,
    cross_entropy,
    embedding,
    gelu,
    layer_norm,
    linear,
    max_pool2d,
    relu,
    scaled_dot_product_attention,
)

torch.set_num_threads(1)
torch.set_num_interop_threads(1)


def grokking(p, data, sizes):
    x = embedding(data["first"], p["E"]) + embedding(data["second"], p["E"])
    return cross_entropy(linear(relu(linear(x, p["W1"])), p["W2"]), data["labels"])


def affine(x, p, name):
    return linear(x, p[f"{name}.weight"], p.get(f"{name}.bias"))


def mlp(p, data, sizes):
    rows = data["index"]
    x = data["images"][rows].float().mul_(1 / 255)
    return cross_entropy(affine(relu(affine(x, p, "dense0")), p, "dense1"), data["labels"][rows])


def conv(p, data, sizes):
    rows = data["index"]
    x = data["images"][rows].float().mul_(1 / 255).view(-1, 1, sizes["side"], sizes["side"])
    for name in ("conv0", "conv1"):
        x = max_pool2d(relu(conv2d(x, p[f"{name}.weight"], p[f"{name}.bias"])), 2)
    hidden = relu(affine(x.flatten(1), p, "head.dense0"))
    return cross_entropy(affine(hidden, p, "head.dense1"), data["labels"][rows])


def attention(x, p, name, heads):
    batch, time, width = x.shape
    q, k, v = (
        part.view(batch, time, heads, width // heads).transpose(1, 2)
        for part in affine(x, p, f"{name}.qkv").split(width, dim=-1)
    )
    mixed = scaled_dot_product_attention(q, k, v, is_causal=True)
    return affine(mixed.transpose(1, 2).reshape(batch, time, width), p, f"{name}.output")


def transformer_loss(p, tokens, answers, heads):
    x = embedding(tokens, p["embedding.weight"]) + p["positions.weight"]
    x = x + attention(x, p, "attention", heads)
    x = x + affine(relu(affine(x, p, "mlp.dense0")), p, "mlp.dense1")
    return cross_entropy(affine(x[:, -1], p, "unembedding"), answers)


def transformer(p, data, sizes):
    rows = data["index"]
    return transformer_loss(p, data["sequences"][rows], data["answers"][rows], sizes["heads"])


def transformer_full(p, data, sizes):
    return transformer_loss(p, data["sequences"], data["answers"], sizes["heads"])


def norm(x, p, name):
    return layer_norm(x, x.shape[-1:], p[f"{name}.weight"], p[f"{name}.bias"])


def gpt(p, data, sizes):
    rows = data["index"]
    x = embedding(data["text"][rows], p["embedding.weight"]) + p["positions.weight"]
    for i in range(sizes["layers"]):
        x = x + attention(norm(x, p, f"block{i}.attentionNorm"), p, f"block{i}.attention", sizes["heads"])
        hidden = gelu(affine(norm(x, p, f"block{i}.mlpNorm"), p, f"block{i}.mlp.dense0"), approximate="tanh")
        x = x + affine(hidden, p, f"block{i}.mlp.dense1")
    logits = affine(norm(x, p, "norm"), p, "unembedding")
    return cross_entropy(logits.view(-1, logits.shape[-1]), data["nextText"][rows].view(-1))


LOSSES = {
    "grokking": grokking,
    "mlp": mlp,
    "transformer": transformer,
    "transformerFull": transformer_full,
    "gpt": gpt,
    "conv": conv,
}

# nn.Embedding's weights: they lie [rows, width] and stay so.
TABLES = {"E", "embedding.weight", "positions.weight"}


def parameters_of(problem):
    """As nn.Linear has them, and queries, keys and values as one matrix: the faster form here."""
    p = {}
    for name, array in problem["parameters"].items():
        tensor = torch.from_numpy(array)
        p[name] = tensor.t() if tensor.ndim == 2 and name not in TABLES else tensor
    for name in [name for name in p if ".query." in name or name.startswith("query.")]:
        parts = [p.pop(name.replace("query", part)) for part in ("query", "key", "value")]
        p[name.replace("query", "qkv")] = torch.cat(parts)
    return {name: tensor.clone(memory_format=torch.contiguous_format).requires_grad_() for name, tensor in p.items()}


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
        self.parameters = parameters_of(self.problem)
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
