"""Golden cases of our own, beside those of the published code: what that code cannot run, and corners.

    python generate.py TRAINING_FOLDER PEERS_FOLDER        (grl_torch.py and weightgen.py; needs torch, safetensors, numpy)

The independent PyTorch network `grl_torch.py`, which equals the published code to 1e-14 in float64, computes them in float64.
Format as in golden/README: generated weights, so a file holds input and output only.
"""
import dataclasses
import json
import os
import sys

sys.path[:0] = sys.argv[1:3]
import numpy as np
import torch
import weightgen
from grl_torch import GRL, GRLConfig
from safetensors.numpy import save_file

SMALL = dict(embed_dim=16, depths=(4, 1), window=8, stripe_size=(8, 16), stripe_groups=(None, None), anchor_factor=2)
CASES = {
    "own_groups_wide": (dict(SMALL, stripe_size=(8, None), stripe_groups=(None, 4), anchor_factor=4), (20, 70),
                        "group-defined stripes on a picture that is not square, which the published code cannot run"),
    "own_one_pixel": (SMALL, (1, 1), "a single pixel: both axes padded with the constant"),
    "own_line": (dict(SMALL, in_channels=1), (1, 53), "one row of pixels"),
    "own_no_bias": (dict(SMALL, qkv_bias=False, mlp_ratio=1.5, stripe_shift=False), (24, 18),
                    "no bias in qkv, another MLP ratio, stripes never shifted"),
    "own_one_cell": (dict(SMALL, window=16, stripe_size=(16, 16)), (16, 16), "one window and one stripe, shifted onto itself"),
    "own_gray_to_rgb": (dict(SMALL, in_channels=3, out_channels=1), (17, 16), "one output channel, broadcast over three means"),
}

for number, (name, (fields, (height, width), what)) in enumerate(CASES.items()):
    seed = 500 + number
    cfg = GRLConfig(**fields)
    net = GRL(cfg).double().eval()
    state = {k: torch.from_numpy(weightgen.tensor(k, tuple(v.shape), seed).astype(np.float64).reshape(tuple(v.shape)))
             for k, v in net.state_dict().items()}
    net.load_state_dict(state)
    shape = (1, cfg.in_channels, height, width)
    z = weightgen.stream(weightgen.fnv1a64("input") ^ seed, int(np.prod(shape)))
    x = (0.5 + 0.5 * (z / 2.0 ** 31)).astype(np.float32).reshape(shape)
    # Coordinate tables are float32 values in the published code, widened afterwards.
    net.geometry(*net.padded_size(height, width), torch.device("cpu"), torch.float64)
    with torch.no_grad():
        y = net(torch.from_numpy(x.astype(np.float64))).numpy()
    save_file({"input": x, "output": y.astype(np.float32)}, os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".safetensors"),
              {"case": name, "config": json.dumps(cfg.to_dict()), "what": what, "seed": str(seed), "generated_weights": "true",
               "output_range": repr(float(y.max() - y.min()))})
    print(name, x.shape, y.shape, float(y.max() - y.min()))
