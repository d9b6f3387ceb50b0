"""Gradients of whole networks and steps of optimisers by PyTorch's autograd in float64, for Tests/GRLTrainingTests.

    python generate.py Sources/Training PEERS_FOLDER     (grl_torch.py, optimiser.py; weightgen.py; needs torch, safetensors, numpy)

Networks are those of the golden cases (../golden), with their generated weights, and a batch of two generated patches: "input" and
"target" of the seed and of the seed after it. "curve" files hold the losses of 200 steps. Of each parameter's gradient a file keeps its largest magnitude, its product with a generated
vector (the stream of "probe." and the parameter's name), and at most 48 evenly spaced elements. The loss is Charbonnier's with epsilon 0.03;
of deblurring networks also 0.05 times the spectrum's. Logit scales are halved: with temperatures up to 100 and weights that nobody trained,
PyTorch's own float32 is up to 5 % away from its float64, with the halved ones 2e-5.
"""
import json
import os
import sys

sys.path[:0] = sys.argv[1:3]
import numpy as np
import torch
import weightgen
from grl_torch import GRL, GRLConfig
from optimiser import Mixed
from safetensors import safe_open
from safetensors.numpy import save_file
from train import spectral

HERE = os.path.dirname(os.path.abspath(__file__))
# Name of a golden case, patch, weight of the spectrum.
CASES = {
    "mini_batch2": ((24, 20), 0), "mini_cab": ((16, 18), 0), "mini_const_pad": ((5, 7), 0), "mini_dual": ((16, 32), 0.05),
    "mini_groups": ((32, 32), 0), "mini_groups_one": ((16, 24), 0), "mini_nearest4": ((8, 9), 0), "mini_ps2": ((9, 8), 0), "mini_ps3": ((8, 8), 0),
    "mini_ps4": ((8, 8), 0), "mini_psd3_grey": ((12, 10), 0), "mini_w12": ((24, 20), 0.05), "own_groups_wide": ((20, 70), 0),
    "own_no_bias": ((24, 18), 0), "own_one_cell": ((16, 16), 0),
}


def stream(name, shape, seed):
    z = weightgen.stream(weightgen.fnv1a64(name) ^ seed, int(np.prod(shape)))
    return (0.5 + 0.5 * (z / 2.0 ** 31)).reshape(shape)


def network(cfg, seed):
    net = GRL(cfg).double().train()
    for m in net.modules():
        if hasattr(m, "drop"):
            m.drop = 0.0
    net.load_state_dict({k: torch.from_numpy(weightgen.tensor(k, tuple(v.shape), seed).astype(np.float64).reshape(tuple(v.shape)))
                         for k, v in net.state_dict().items()})
    with torch.no_grad():
        for k, p in net.named_parameters():
            if k.endswith("logit_scale"):
                p.mul_(0.5)
    return net


def patches(name, shape, seed):
    """Channels first; the streams run in the order of pixels."""
    b, c, h, w = shape
    x = np.stack([stream(name, (h, w, c), seed + i) for i in range(b)]).astype(np.float32)
    return torch.from_numpy(x.astype(np.float64)).permute(0, 3, 1, 2)


def loss_of(net, x, y, spectrum):
    diff = net(x) - y
    loss = (diff * diff + 9e-4).sqrt().mean()
    return loss, loss + spectrum * spectral(diff) if spectrum else loss, (diff * diff).mean()


def main():
    for name, ((height, width), spectrum) in CASES.items():
        with safe_open(os.path.join(HERE, "../golden", name + ".safetensors"), "np") as f:
            meta = f.metadata()
        cfg, seed = GRLConfig.from_dict(json.loads(meta["config"])), int(meta["seed"])
        net = network(cfg, seed)
        x = patches("input", (2, cfg.in_channels, height, width), seed)
        net.geometry(*net.padded_size(height, width), torch.device("cpu"), torch.float64)
        with torch.no_grad():
            out = net(x)
        y = patches("target", tuple(out.shape), seed)
        loss, whole, square = loss_of(net, x, y, spectrum)
        whole.backward()
        kept = {}
        for key, p in net.named_parameters():
            g = p.grad.reshape(-1).numpy()
            probe = 2 * stream("probe." + key, (g.size,), seed) - 1
            kept[key] = np.concatenate([[np.abs(g).max(), probe @ g], g[:: max(1, -(-g.size // 48))]]).astype(np.float64)
        save_file({k: v.astype(np.float32) for k, v in kept.items()}, os.path.join(HERE, name + ".safetensors"),
                  {"case": name, "config": json.dumps(cfg.to_dict()), "seed": str(seed), "height": str(height), "width": str(width),
                   "spectrum": str(spectrum), "loss": repr(loss.item()), "mean_square": repr(square.item())})
        print(name, float(loss), sum(v.size for v in kept.values()))
    steps()
    curve()


def curve():
    """The loss of each of 200 steps from generated weights, other patches in each: the target is the input, paler."""
    cfg = GRLConfig(embed_dim=16, depths=(1, 1), heads_window=2, heads_stripe=2, window=8, stripe_size=(8, 16), stripe_groups=(None, None),
                    anchor_factor=4)
    for kind in ("adamw", "muon"):
        net, seed = network(cfg, 800), 800
        opt = Mixed(list(net.named_parameters()), kind, 0.99, 1.0)
        losses = []
        for step in range(200):
            x = patches("input", (2, 3, 16, 16), seed + 2 * step)
            net.zero_grad()
            loss, whole, _ = loss_of(net, x, 0.5 * x + 0.25, 0)
            whole.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.set_rate(2e-3 * min(1, (step + 1) / 20))
            opt.step()
            losses.append(loss.item())
        save_file({"losses": np.array(losses, np.float32)}, os.path.join(HERE, "curve_" + kind + ".safetensors"),
                  {"case": "curve_" + kind, "config": json.dumps(cfg.to_dict()), "seed": str(seed), "height": "16", "width": "16"})
        print(kind, losses[0], losses[-1])


def steps():
    """Three steps of each optimiser along generated gradients: norms before clipping, and elements of the weights after the last."""
    cfg = GRLConfig(embed_dim=18, depths=(2,), heads_window=3, heads_stripe=3, window=8, stripe_size=(8, 16), stripe_groups=(None, None),
                    anchor_factor=2, local_connection=True)
    for kind in ("adamw", "muon"):
        net, seed = network(cfg, 700), 700
        opt = Mixed(list(net.named_parameters()), kind, 0.99, 1.0)
        opt.set_rate(2e-3)
        norms = []
        for step in range(3):
            for key, p in net.named_parameters():
                g = 0.05 * (2 * stream("gradient." + key, (p.numel(),), seed + step) - 1)
                p.grad = torch.from_numpy(g.astype(np.float32).astype(np.float64)).reshape(p.shape)
            norms.append(float(torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)))
            opt.step()
        kept = {}
        for key, p in net.named_parameters():
            v = p.detach().reshape(-1).numpy()
            kept[key] = v[:: max(1, -(-v.size // 48))].astype(np.float32)
        kept["norms"] = np.array(norms, np.float32)
        save_file(kept, os.path.join(HERE, "steps_" + kind + ".safetensors"),
                  {"case": "steps_" + kind, "config": json.dumps(cfg.to_dict()), "seed": str(seed), "height": "16", "width": "16"})
        print(kind, norms)


if sys.argv[3:] == ["curve"]:
    curve()
else:
    main()
