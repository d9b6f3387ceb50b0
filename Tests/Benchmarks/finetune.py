"""What ten minutes of `grl train` bring to pictures of one kind that no bundled model knows: a scanner's stripes and dust.

    python3 Tests/Benchmarks/finetune.py PHOTOS [--grl PATH] [--minutes 10] [--rate 2e-4] [--work FOLDER]

PHOTOS is a folder of good pictures, at least 26 (needs numpy, pillow). Each is "scanned": every column has an offset and a gain of its own, the same down the
picture, dust lies on the glass as dark and light specks and hairs, and there is a little noise. Twenty are trained on, six are held
out. Prints what `grl evaluate` measures on the six: as they come, by the bundled default, by the model that was trained.
"""
import argparse
import os
import subprocess
import sys

import numpy as np
from PIL import Image, ImageDraw


def scan(picture, random):
    """A picture [H, W, 3] of 0 ... 255 as the scanner gives it."""
    height, width, _ = picture.shape
    offset = random.normal(0, 4, (1, width, 1)) + random.normal(0, 2, (1, width, 3))
    gain = 1 + random.normal(0, 0.02, (1, width, 1))
    dust = Image.new("L", (width, height), 128)
    pen = ImageDraw.Draw(dust)
    for _ in range(max(1, height * width // 2500)):
        x, y, r = random.uniform(0, width), random.uniform(0, height), random.uniform(0.6, 2)
        pen.ellipse((x - r, y - r, x + r, y + r), fill=int(random.choice([20, 60, 220, 250])))
    for _ in range(max(1, height * width // 20000)):
        x, y = random.uniform(0, width), random.uniform(0, height)
        points = [(x, y)] + [(x := x + random.normal(0, 5), y := y + random.normal(0, 5)) for _ in range(5)]
        pen.line(points, fill=int(random.choice([30, 230])), width=1)
    specks = (np.asarray(dust, np.float64)[..., None] - 128) * 1.2
    return np.clip(picture * gain + offset + specks + random.normal(0, 3, picture.shape), 0, 255).round().astype(np.uint8)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("photos")
    parser.add_argument("--grl", default=".build/release/grl")
    parser.add_argument("--minutes", default="10")
    parser.add_argument("--rate")
    parser.add_argument("--threads", default="2")
    parser.add_argument("--work", default="demo/finetune")
    options = parser.parse_args()
    found = []
    for folder, _, names in sorted(os.walk(options.photos)):
        found += [os.path.join(folder, n) for n in sorted(names) if n.lower().endswith((".png", ".jpg", ".jpeg"))]
    if len(found) < 26:
        sys.exit(f"{options.photos}: {len(found)} pictures, 26 are needed")
    random = np.random.default_rng(1)
    for number, path in enumerate(found[:26]):
        part = "train" if number < 20 else "test"
        picture = np.asarray(Image.open(path).convert("RGB"), np.float64)[:512, :512]
        for folder, values in (("input", scan(picture, random)), ("target", picture.astype(np.uint8))):
            os.makedirs(os.path.join(options.work, part, folder), exist_ok=True)
            Image.fromarray(values).save(os.path.join(options.work, part, folder, f"{number:02}.png"))

    model = os.path.join(options.work, f"scanner-{options.rate or 'default'}.safetensors")
    rate = ["--rate", options.rate] if options.rate else []
    subprocess.run([options.grl, "train", "--task", "denoise", "--noise", "photo", "--from", "denoise-photo-tiny", "--pairs", "--data",
                    os.path.join(options.work, "train"), "--minutes", options.minutes, "--threads", options.threads, "-o", model,
                    "--overwrite", *rate], check=True)
    for extra in (["--model", "denoise-photo-tiny"], ["--model", model]):
        subprocess.run([options.grl, "evaluate", "--task", "denoise", "--dataset", os.path.join(options.work, "test"), *extra], check=True)


main()
