"""Rates of workers that wait: how many files a second some workers read from afar.

Run as a program, it prints the rate as JSON; a reader must not be of the program itself, for workers import it:

    python -m sonolux.evaluation.benchmarks.scaling.waiting WORKERS FILES FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from sonolux.evaluation.benchmarks.scaling.afar import measure_workers

if __name__ == "__main__":
    workers, files, folder = sys.argv[1:]
    print(json.dumps(measure_workers(int(workers), int(files), Path(folder))))
