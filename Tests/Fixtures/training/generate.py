"""Statistics of the training pairs that the Python recipe (Sources/Training) draws, for the tests of Sources/Trainer.

    python generate.py [PAIRS]    writes beside this script
        statistics.json    for each kind of damage and each statistic, mean, standard deviation and number of the pairs that have it
        presets.json       the models of registry.py

Random numbers of the two programs differ, so what is compared is how the pairs are distributed. Pairs come from three pictures of Samples,
drawn by the recipe's own `photos.Photos` and `degrade.Pairs` with the options of `registry.py`.
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "Sources/Training"))
import degrade      # noqa: E402
import photos       # noqa: E402
import registry     # noqa: E402

PICTURES = ("kitten", "row_houses", "torii_gates")
LUMA = torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)
#        kind of pairs, patch, squares of which the most detailed is taken, options
KINDS = {
    "noise": ("noise", 32, 1, dict(sigma=(0, 55))),
    "jpeg": ("jpeg", 32, 1, dict(quality=(5, 95))),
    "mosaic": ("dm", 32, 1, {}),
    "sr": ("sr", 32, 1, dict(scale=4)),
    "real": ("real", 24, 1, dict(scale=4)),
    "motion": ("motion", 32, 2, dict(length=28.0, margin=24)),
    "defocus": ("defocus", 32, 2, dict(radius=10.0, margin=16)),
    "dual": ("defocus", 32, 2, dict(radius=10.0, margin=16, dual=True)),
    "photo": ("photo", 32, 1, {}),
    "sensor": (None, 48, 1, {}),
}


def statistics(x, y):
    """Of one pair (C, h, w): what `PairStatistics` of the tests computes."""
    found = {"detail": photos.detail(x).item()}
    if x.shape[0] == 6:
        left, right = x.split(3)
        found["views"] = (left - right).square().mean().sqrt().item()
        # How far the views' difference follows the slope of the target, whichever way it leans.
        slope = (torch.roll(y, -1, -1) - torch.roll(y, 1, -1))[..., 1:-1]
        apart = (right - left)[..., 1:-1]
        found["lean"] = (slope * apart).mean().abs().item() / max(1e-9, (slope.square().mean() * apart.square().mean()).sqrt().item())
        x = (left + right) / 2
    if x.shape[-1] < y.shape[-1]:
        y = degrade.imresize(y, 1.0, out=x.shape[-2:])
    d = x - y
    mse = (x.clamp(0, 1) - y.clamp(0, 1)).square().mean().item()
    found["exact"] = float(mse == 0)
    found["psnr"] = min(60.0, -10 * np.log10(max(mse, 1e-12)))
    found["shift"] = d.mean().item()
    if mse == 0:
        return found
    found["deviation"] = d.std(correction=0).item()
    luma = (y * LUMA).sum(0)
    for name, where in (("dark", luma < 0.3), ("bright", luma > 0.6)):
        if where.sum() >= 64:
            found[name] = d[:, where].square().mean().sqrt().item()
    grey = d.mean(0)
    power = grey.square().mean().item()
    if power > 1e-8:
        found["neighbours"] = (grey[:, 1:] * grey[:, :-1]).mean().item() / power
    found["colour"] = (d - grey).square().mean().sqrt().item() / d.square().mean().sqrt().item()
    return found


def presets():
    """Sizes and rates of every model: phases as (until, patch, batch, window, rows and columns of stripes)."""
    phases = lambda spec, device: [[p.until, p.patch, p.batch, p.window, *p.stripe] for p in spec.phases(device)]
    return [dict(name=name, task=s.task, variant=s.variant, photograph=s.kind == "photo", colour=s.colour, scale=s.scale, options=dict(s.options),
                 short=phases(s, "cpu"), published=phases(s, "cuda"), shortRate=s.lr_cpu, publishedRate=s.lr_gpu, spectrum=s.spectrum)
            for name, s in registry.MODELS.items()]


@torch.no_grad()
def main():
    (HERE / "presets.json").write_text("[\n" + ",\n".join(json.dumps(p) for p in presets()) + "\n]\n")
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    torch.set_num_threads(1)
    named = [(n, np.asarray(Image.open(ROOT / f"Samples/{n}.png").convert("RGB"))) for n in PICTURES]
    source = photos.Photos(named, True, "cpu")
    result = {}
    for name, (kind, patch, choice, options) in KINDS.items():
        torch.manual_seed(1)
        drawn = {}
        damage = degrade.Pairs(kind, **options) if kind else None
        for _ in range(pairs // 4):
            if damage:
                inputs, targets = damage(source.crops(4, damage.crop(patch), choice))
            else:
                targets = source.crops(4, patch)
                inputs = targets + degrade._sensor_noise(targets)
            for x, y in zip(inputs, targets):
                for key, value in statistics(x, y).items():
                    drawn.setdefault(key, []).append(value)
        result[name] = {key: [float(f"{np.mean(v):.6g}"), float(f"{np.std(v):.6g}"), len(v)] for key, v in sorted(drawn.items())}
        print(name, result[name], flush=True)
    text = json.dumps(result, indent=1)
    (HERE / "statistics.json").write_text(text.replace("[\n   ", "[").replace(",\n   ", ", ").replace("\n  ]", "]") + "\n")


if __name__ == "__main__":
    main()
