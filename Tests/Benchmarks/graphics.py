#!/usr/bin/env python3
"""Counts the bytes that pictures cost on their way to the terminal, for each kind of graphics.

    Tests/Benchmarks/graphics.py [--grl .build/release/grl] [--pause 1]

A photograph of 960 x 640 (a sample, enlarged twice) and the same with noise of sigma 10 on a terminal of 120x40 cells of 9 x 18
pixels that is not on this machine (no shared memory).
  preview    screen 1 drawn anew
  fit        screen 5, both pictures as large as fit
  1:1        one pixel to one
  pan        a step to the right at 1:1, mean of four
  back       the same step back, mean of four
  pixel      the pixel that is read moves by one
"""
import argparse, os, shutil, subprocess, tempfile

from workbench import ROOT, Workbench

KITTY = b"\x1b_Gi=31;OK\x1b\\\x1b[6;18;9t\x1b[?62;c"
SIXEL = b"\x1b[6;18;9t\x1b[?62;4;22c"
KINDS = [
    ("half, 256 colours", "half", "256", SIXEL), ("half, truecolor", "half", "truecolor", SIXEL),
    ("quarter, truecolor", "quarter", "truecolor", SIXEL), ("sextant, truecolor", "sextant", "truecolor", SIXEL),
    ("octant, truecolor", "octant", "truecolor", SIXEL), ("kitty", "kitty", "truecolor", KITTY),
    ("sixel", "sixel", "truecolor", SIXEL), ("iterm", "iterm", "truecolor", SIXEL),
]


def pictures(grl, folder):
    """The two photographs, made once."""
    clean, noisy = os.path.join(folder, "a.png"), os.path.join(folder, "b.png")
    sample = os.path.join(ROOT, "Samples", "torii_gates.png")
    subprocess.run([grl, "restore", "-q", "--task", "sr", "--scale", "2", sample, "-o", clean], check=True)
    subprocess.run([grl, "degrade", "-q", "--task", "denoise", "--sigma", "10", clean, "-o", noisy], check=True)
    return [clean, noisy]


def measure(grl, paths, graphics, colours, answers, pause):
    workbench = Workbench(
        grl, ["--graphics", graphics, "--color", colours, *paths], columns=120, rows=40, cell=(9, 18), answers=answers,
        variables={"SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"})

    def cost(keys):
        workbench.type(keys)
        return len(workbench.quiet(pause)[0])

    workbench.wait_for(b"a.png")
    workbench.quiet(2 * pause)
    figures = [cost(b"\x0c")]
    figures.append(cost(b"B"))
    figures.append(cost(b"="))
    figures.append(sum(cost(b"l") for _ in range(4)) / 4)
    figures.append(sum(cost(b"h") for _ in range(4)) / 4)
    figures.append(cost(b"L"))
    workbench.close()
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--grl", default=os.path.join(ROOT, ".build", "release", "grl"))
    parser.add_argument("--pause", type=float, default=1, help="seconds of silence after which a key is answered")
    arguments = parser.parse_args()
    grl = os.path.abspath(arguments.grl)
    folder = tempfile.mkdtemp(prefix="grl-graphics-")
    try:
        paths = pictures(grl, folder)
        print("| kB | preview | fit | 1:1 | pan | back | pixel |\n|---|---|---|---|---|---|---|")
        for name, graphics, colours, answers in KINDS:
            figures = measure(grl, paths, graphics, colours, answers, arguments.pause)
            print(f"| {name} | " + " | ".join(f"{figure / 1000:.1f}" for figure in figures) + " |", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
