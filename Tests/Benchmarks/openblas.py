"""The products of kernels.c through NumPy's OpenBLAS, one thread, by processor time; the better of whole and row chunks.

    python openblas.py        (needs numpy)
"""
import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"
import time

import numpy as np


def best(call, repeats=5):
    seconds = []
    for _ in range(repeats):
        start = time.thread_time()
        call()
        seconds.append(time.thread_time() - start)
    return min(seconds)


for rows, k, n in [(16384, 64, 192), (16384, 64, 64), (16384, 64, 128), (16384, 128, 64), (8192, 180, 540), (8192, 180, 180),
                   (8192, 360, 180), (8192, 180, 360), (8192, 576, 64)]:
    a, b = (np.random.rand(*shape).astype(np.float32) for shape in ((rows, k), (k, n)))
    c = np.empty((rows, n), np.float32)
    chunk = max(6, int(1e6 / (k * n)))  # small enough for OpenBLAS's kernels without packing

    def chunked():
        for row in range(0, rows, chunk):
            np.matmul(a[row:row + chunk], b, out=c[row:row + chunk])

    seconds = min(best(lambda: np.matmul(a, b, out=c)), best(chunked))
    print(f"product {rows} x {k} x {n}: {2 * rows * k * n / seconds / 1e9:.0f} GF/s")
