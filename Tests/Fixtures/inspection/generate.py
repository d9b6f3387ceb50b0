"""What every pixel of a small picture looks at, by PyTorch and NumPy in float64, for Tests/InspectionTests.

    python generate.py Sources/Training PEERS_FOLDER     (grl_torch.py; weightgen.py; needs torch, safetensors, numpy)

One network with generated weights (logit scales halved, see ../gradients/generate.py) and one generated picture of 21 x 37, which is padded
to 32 x 48. Whole matrices of weights are written out, [pixels, pixels], and everything is computed from them as it is defined.
"""
import json
import math
import os
import sys

sys.path[:0] = sys.argv[1:3]
import grl_torch
import numpy as np
import torch
import weightgen
from grl_torch import GRL, GRLConfig
from safetensors.numpy import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
SEED, HEIGHT, WIDTH, STEP = 31, 21, 37, 7
CONFIG = GRLConfig(embed_dim=24, depths=(4, 2), heads_window=2, heads_stripe=3, window=8, stripe_size=(8, 16), stripe_groups=(None, None),
                   anchor_factor=2, local_connection=True)
LAST = (0, 3)


def stream(name, shape):
    z = weightgen.stream(weightgen.fnv1a64(name) ^ SEED, int(np.prod(shape)))
    return (0.5 + 0.5 * (z / 2.0 ** 31)).reshape(shape)


def network():
    net = GRL(CONFIG).double().eval()
    net.load_state_dict({k: torch.from_numpy(weightgen.tensor(k, tuple(v.shape), SEED).astype(np.float64).reshape(tuple(v.shape)))
                         for k, v in net.state_dict().items()})
    with torch.no_grad():
        for k, p in net.named_parameters():
            if k.endswith("logit_scale"):
                p.mul_(0.5)
    return net


class Watched:
    """A pass whose matrices of weights, inputs and outputs of blocks are kept."""

    def __init__(self, net, picture):
        self.blocks, self.calls = {}, []
        places = [(s, b) for s, depth in enumerate(CONFIG.depths) for b in range(depth)]
        plain = grl_torch.cell_attention

        def watched(q, k, v, bias, masks, explicit):
            eye = torch.eye(k.shape[-2], dtype=k.dtype).expand(*k.shape[:-1], k.shape[-2])
            self.calls.append(plain(q, k, eye, bias, masks, True)[0])
            return plain(q, k, v, bias, masks, True)

        grl_torch.cell_attention = watched
        hooks = []
        for s, b in places:
            block = net.layers[s].blocks[b]

            def before(module, inputs, place=(s, b)):
                self.calls = []
                self.blocks[place] = {"input": inputs[0].detach()[0]}

            def after(module, inputs, output, place=(s, b)):
                kept = self.blocks[place]
                kept["output"] = output.detach()[0].numpy()
                kept["window"], kept["gather"], kept["read"] = self.calls

            hooks += [block.register_forward_pre_hook(before), block.register_forward_hook(after)]
        x = torch.from_numpy(picture).permute(2, 0, 1)[None]
        self.padded = net.padded_size(*picture.shape[:2])
        self.geometry = net.geometry(*self.padded, torch.device("cpu"), torch.float64)
        with torch.no_grad():
            self.output = net(x)[0].permute(1, 2, 0).numpy()
        for hook in hooks:
            hook.remove()
        grl_torch.cell_attention = plain
        self.net = net

    def tiling(self, place, kind):
        g, b = self.geometry, place[1]
        if kind == "window":
            return (g.window_shifted if b % 2 == 0 else g.window), b % 2 == 0
        return g.stripe[b % 2].tiling, b % 4 in (2, 3)

    def tokens(self, place, kind):
        """[cells, tokens]: pixels of the padded map."""
        t, shifted = self.tiling(place, kind)
        index = torch.arange(self.padded[0] * self.padded[1], dtype=torch.float64).reshape(1, *self.padded, 1)
        return grl_torch.split_cells(index, t, shifted, 1, 1)[0, 0].reshape(t.grid[0] * t.grid[1], -1).long().numpy()

    def matrix(self, place, kind, head):
        """[pixels, pixels]; head None: the mean."""
        kept = self.blocks[place]
        if kind == "window":
            p = kept["window"]
        else:
            p = kept["read"] @ kept["gather"]
        p = p.reshape(-1, *p.shape[2:]).numpy()
        p = p.mean(1) if head is None else p[:, head]
        n = self.padded[0] * self.padded[1]
        full = np.zeros((n, n))
        for cell, pixels in enumerate(self.tokens(place, kind)):
            full[np.ix_(pixels, pixels)] = p[cell]
        return full


def measures(watched, place, kind, head, pixels):
    """[pixels, 8]: entropy, reach, outside, anisotropy, direction, both beyond the cell's, heaviest."""
    p = watched.matrix(place, kind, head)
    rows, columns = watched.padded
    y, x = np.divmod(np.arange(rows * columns), columns)
    window = np.empty(rows * columns, int)
    for cell, members in enumerate(watched.tokens(place, "window")):
        window[members] = cell
    inside = (y < HEIGHT) & (x < WIDTH)
    out = []
    for q in pixels:
        w = p[q]
        dx, dy = x - x[q], y - y[q]
        distance = np.hypot(dx, dy)
        xx, xy, yy = (w * dx * dx).sum(), (w * dx * dy).sum(), (w * dy * dy).sum()
        own = np.array([xx - yy, 2 * xy]) / (xx + yy)
        # What is masked weighs e^-100 or less.
        seen = w > 1e-30
        sx, sxy, sy = (dx * dx)[seen].sum(), (dx * dy)[seen].sum(), (dy * dy)[seen].sum()
        beyond = own - np.array([sx - sy, 2 * sxy]) / (sx + sy)
        degrees = lambda axis: math.degrees(math.atan2(-axis[1], axis[0]) / 2)
        out.append([-(w[w > 0] * np.log2(w[w > 0])).sum(), (w * distance).sum(), 1 - w[inside & (window == window[q])].sum(),
                    math.hypot(*own), degrees(own), math.hypot(*beyond), degrees(beyond), distance[w.argmax()]])
    return np.array(out)


def head_vectors(watched, place, run, head):
    """Unit queries (0) or keys (1) of the stripe half, [pixels, d]."""
    module = watched.net.layers[place[0]].blocks[place[1]].attn
    with torch.no_grad():
        qkv = module.qkv.body(watched.blocks[place]["input"]).numpy().reshape(-1, 3 * CONFIG.embed_dim)
    half = CONFIG.embed_dim // 2
    d = half // CONFIG.heads_stripe
    v = qkv[:, (3 + run) * half + head * d:(3 + run) * half + (head + 1) * d]
    return v / np.linalg.norm(v, axis=1, keepdims=True)


def temperature(shaper, head):
    return float(shaper.temperature()[head].detach())


def softmax(s):
    e = np.exp(s - s.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def main():
    kept, meta = {}, {"config": json.dumps(CONFIG.to_dict()), "seed": str(SEED), "height": str(HEIGHT), "width": str(WIDTH), "step": str(STEP)}
    net = network()
    picture = stream("input", (HEIGHT, WIDTH, 3)).astype(np.float32).astype(np.float64)
    watched = Watched(net, picture)
    rows, columns = watched.padded
    own = [y * columns + x for y in range(HEIGHT) for x in range(WIDTH)]
    for place in watched.blocks:
        for kind in ("window", "stripe"):
            for head in (None, 1):
                name = f"maps.{place[0]}.{place[1]}.{kind}.{'mean' if head is None else head}"
                kept[name] = measures(watched, place, kind, head, own[::STEP])

    # The head whose part of the projected result is longest.
    for place in ((0, 1), (1, 0)):
        module = net.layers[place[0]].blocks[place[1]].attn
        x = watched.blocks[place]["input"][None]
        with torch.no_grad():
            local, stripe = module.qkv.body(x).chunk(2, dim=-1)
            both = torch.cat([module.window_attn(local, watched.geometry), module.stripe_attn(stripe, module.anchor.body[0](x), watched.geometry)], -1)
        both = both[0].reshape(-1, CONFIG.embed_dim).numpy()[own]
        weight = module.proj.weight.detach().numpy()
        half = CONFIG.embed_dim // 2
        widths = [half // CONFIG.heads_window] * CONFIG.heads_window + [half // CONFIG.heads_stripe] * CONFIG.heads_stripe
        lengths, first = [], 0
        for w in widths:
            lengths.append(np.linalg.norm(both[:, first:first + w] @ weight[:, first:first + w].T, axis=1))
            first += w
        lengths = np.sort(np.array(lengths), axis=0), np.argmax(lengths, axis=0)
        # Where two are nearly alike either will do.
        kept[f"dominant.{place[0]}.{place[1]}"] = np.where(lengths[0][-1] - lengths[0][-2] < 1e-4 * lengths[0][-1], -1, lengths[1])

    # Rollout from one query.
    v = np.zeros(rows * columns)
    v[11 * columns + 17] = 1
    for place in sorted(watched.blocks, reverse=True):
        a = (watched.matrix(place, "window", None) + watched.matrix(place, "stripe", None)) / 2
        v = (v + v @ a) / 2
    kept["rollout"] = v[own]

    # Cross-scale similarity.
    smaller = picture[:20, :36].reshape(10, 2, 18, 2, 3).mean((1, 3)).astype(np.float32).astype(np.float64)
    half = Watched(net, smaller)
    queries = [(0, 0), (17, 11), (36, 20), (9, 4), (24, 16)]
    place, plain, weighted = (0, 1), [], []
    both = [(y, x) for y in range(10) for x in range(18)]
    for number, (x, y) in enumerate(queries):
        maps = np.zeros((2, 2, 180))
        for head in range(CONFIG.heads_stripe):
            t = temperature(net.layers[0].blocks[1].attn.stripe_attn.attn_transform2, head)
            q = head_vectors(watched, place, 0, head)[y * columns + x]
            full = (head_vectors(watched, place, 1, head) @ q).reshape(rows, columns)[:20, :36]
            small = (head_vectors(half, place, 1, head) @ q).reshape(half.padded)[:10, :18]
            pool = lambda m: m.reshape(10, 2, 18, 2).mean((1, 3)).reshape(-1)
            maps[0] += np.array([small.reshape(-1), pool(full)]) / CONFIG.heads_stripe
            maps[1] += np.array([softmax(t * small.reshape(-1)), pool(softmax(t * full.reshape(-1)).reshape(20, 36))]) / CONFIG.heads_stripe
        plain.append(np.corrcoef(maps[0])[0, 1])
        weighted.append(np.corrcoef(maps[1])[0, 1])
        if number == 0:
            kept["scales.smaller"], kept["scales.full"] = maps[0]
    kept["scales.plain"], kept["scales.weighted"] = np.array(plain), np.array(weighted)

    # Anchors of one shifted stripe.
    place, head = (0, 2), 1
    module = net.layers[0].blocks[2].attn
    pixels = [p for p in watched.tokens(place, "stripe") if 12 * columns + 30 in p][0]
    cell = [tuple(p) for p in watched.tokens(place, "stripe")].index(tuple(pixels))
    t, _ = watched.tiling(place, "stripe")
    read = temperature(module.stripe_attn.attn_transform2, head)
    gather = temperature(module.stripe_attn.attn_transform1, head)
    q, k = head_vectors(watched, place, 0, head)[pixels], head_vectors(watched, place, 1, head)[pixels]

    def labels(extent, size, shift, count):
        """Regions of the cell's tokens along an axis; `count` tokens of `extent`."""
        rolled = np.arange(extent)
        return np.where(rolled < extent - size, 0, np.where(rolled < extent - shift, 1, 2))

    def regions(factor):
        h, w = rows // factor, columns // factor
        size, shift = (t.cell[0] // factor, t.cell[1] // factor), (t.shift[0] // factor, t.shift[1] // factor)
        lab = 3 * labels(h, size[0], shift[0], h)[:, None] + labels(w, size[1], shift[1], w)[None]
        grid = w // size[1]
        r, c = divmod(cell, grid)
        return lab[r * size[0]:(r + 1) * size[0], c * size[1]:(c + 1) * size[1]].reshape(-1)

    def mask(a, b):
        return np.where(a[:, None] == b[None], 0.0, -100.0)

    own_regions = regions(1)
    full = softmax(read * q @ k.T + mask(own_regions, own_regions))
    values = np.linalg.svd(full, compute_uv=False)
    kept["spectrum.full"] = values
    d = CONFIG.embed_dim // 2 // CONFIG.heads_stripe
    for factor in (2, 4, 8):
        pooled = watched.blocks[place]["input"].reshape(rows // factor, factor, columns // factor, factor, -1).mean((1, 3))
        with torch.no_grad():
            a = module.anchor.body[0].reduction(pooled).numpy()[:, :, head * d:(head + 1) * d]
        shift = (t.shift[0] // factor, t.shift[1] // factor)
        a = np.roll(a, (-shift[0], -shift[1]), (0, 1))
        size = (t.cell[0] // factor, t.cell[1] // factor)
        r, c = divmod(cell, columns // factor // size[1])
        a = a[r * size[0]:(r + 1) * size[0], c * size[1]:(c + 1) * size[1]].reshape(-1, d)
        a = a / np.linalg.norm(a, axis=1, keepdims=True)
        product = softmax(read * q @ a.T + mask(own_regions, regions(factor))) @ softmax(gather * a @ k.T + mask(regions(factor), own_regions))
        kept[f"spectrum.{factor}"] = np.linalg.svd(product, compute_uv=False)[:len(a)]
        kept[f"spectrum.{factor}.errors"] = np.array([np.linalg.norm(full - product), np.linalg.norm(values[len(a):])]) / np.linalg.norm(full)

    # Principal components and similarity of a block's result.
    features = watched.blocks[LAST]["output"][:HEIGHT, :WIDTH].reshape(-1, CONFIG.embed_dim)
    centred = features - features.mean(0)
    eigen, vectors = np.linalg.eigh(centred.T @ centred)
    planes = []
    for i in (1, 2, 3):
        v = vectors[:, -i]
        planes.append(centred @ (v if v[np.abs(v).argmax()] > 0 else -v))
    kept["components"] = np.array(planes)[:, ::STEP]
    kept["component_shares"] = eigen[::-1][:3] / eigen.sum()
    units = features / np.linalg.norm(features, axis=1, keepdims=True)
    kept["similarity"] = (units @ units[11 * WIDTH + 17])[::STEP]

    # Without one head: its part of the attention's result set to zero as the network runs.
    for kind, head, first, width in (("window", 1, 6, 6), ("stripe", 2, 20, 4)):
        def silence(module, inputs, first=first, width=width):
            x = inputs[0].clone()
            x[..., first:first + width] = 0
            return (x,)
        hook = net.layers[0].blocks[1].attn.proj.register_forward_pre_hook(silence)
        with torch.no_grad():
            out = net(torch.from_numpy(picture).permute(2, 0, 1)[None])[0].permute(1, 2, 0).numpy()
        hook.remove()
        kept[f"without.{kind}.{head}"] = out.reshape(-1)[::29]

    # The gradient of a patch's detail with respect to the picture.
    x = torch.from_numpy(picture).permute(2, 0, 1)[None].requires_grad_()
    out = net(x)[0]
    top, left, side = 8, 14, 5
    here = out[:, top:top + side, left:left + side]
    dx = out[:, top:top + side, left + 1:left + side + 1] - here
    dy = out[:, top + 1:top + side + 1, left:left + side] - here
    detail = (dx * dx + dy * dy + 1e-4).sqrt().sum()
    detail.backward()
    kept["detail"] = np.array([detail.item()])
    kept["detail_gradient"] = x.grad[0].permute(1, 2, 0).numpy().reshape(-1)[::5]
    x.grad = None
    net(x)[0, :, 10, 18].sum().backward()
    field = x.grad[0].abs().sum(0).numpy()
    kept["field"] = (field / field.sum()).reshape(-1)[::3]
    y, xs = np.mgrid[:HEIGHT, :WIDTH]
    kept["field_distance"] = np.array([(field * np.hypot(xs - 18, y - 10)).sum() / field.sum()])

    save_file({k: np.asarray(v).astype(np.float32) for k, v in kept.items()}, os.path.join(HERE, "inspection.safetensors"), meta)
    print({k: np.asarray(v).shape for k, v in kept.items()})


main()
