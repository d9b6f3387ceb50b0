"""Golden cases of our own, beside those of the published code: what that code cannot run, and corners. And small copies of the
published code's cases.

    python generate.py Sources/Training PEERS_FOLDER [GOLDEN_FOLDER]     (grl_torch.py and weightgen.py; needs torch, safetensors,
                                                                        numpy)

A small copy keeps input and output: weights are generated from the seed. `attention_rows` keeps rows of attention of the case
`mini_dn_grey` besides: `prob.*` hold the cells and tokens that `cells.*` and `rows.*` name, in that order.

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

COPIES = ("mini_batch2", "mini_cab", "mini_const_pad", "mini_groups_one", "mini_ps2", "mini_ps3", "mini_ps4", "mini_w12")
# Of each map of rows the cells (every kind of mask that its block has) and the tokens that are kept. The anchors' rows are all
# kept: a row of a stripe is put together from them.
ROWS = {
    "block0.window": ((0, 3, 12, 15), (0, 1, 7, 8, 28, 37, 56, 63)),
    "block0.w2a": ((0, 7), (0, 1, 15, 16, 50, 77, 111, 127)),
    "block0.a2w": ((0, 7), None),
    "block3.window": ((0, 3, 12, 15), (0, 1, 7, 8, 28, 37, 56, 63)),
    "block3.w2a": ((0, 3, 7), (0, 1, 15, 16, 50, 77, 111, 127)),
    "block3.a2w": ((0, 3, 7), None),
}


def copy(folder, name, as_name, rows=None):
    import safetensors
    with safetensors.safe_open(os.path.join(folder, name + ".safetensors"), "np") as file:
        kept = {key: file.get_tensor(key) for key in ("input", "output")}
        for key, (cells, tokens) in (rows or {}).items():
            all_rows = file.get_tensor("prob." + key)
            tokens = tokens or tuple(range(all_rows.shape[2]))
            kept["prob." + key] = np.ascontiguousarray(all_rows[list(cells)][:, :, list(tokens)])
            kept["cells." + key] = np.array(cells, np.float32)
            kept["rows." + key] = np.array(tokens, np.float32)
        metadata = dict(file.metadata(), case=as_name, generated_weights="true")
    save_file(kept, os.path.join(os.path.dirname(os.path.abspath(__file__)), as_name + ".safetensors"), metadata)


if len(sys.argv) > 3:
    for name in COPIES:
        copy(sys.argv[3], name, name)
    copy(sys.argv[3], "mini_dn_grey", "attention_rows", ROWS)
