#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Train on public data sets with published figures, choose by validation, and print a table of all that was tried.

  bench/accuracy.py covid-ct       --bin build/release/bin --data DATA --out DIR
  bench/accuracy.py pneumoniamnist --bin build/release/bin --data DATA --out DIR
  bench/accuracy.py table          --bin build/release/bin --out DIR STUDY...

DATA holds the data sets by name (covid-ct, sarscov2-ct, pneumoniamnist), each with its official split in manifest.csv.
`covid-ct` first trains the networks of bench/studies/sarscov2-ct.json on sarscov2-ct; the variants of
bench/studies/covid-ct.json that are `imported` start from what they learned there. `table` compares the outputs of
several runs of one data set as one study. Hours on a laptop. Needs Debian's python3-numpy and python3-pil for
pneumoniamnist, whose pictures come as arrays. Research use only.
"""
import argparse
import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

STUDIES = Path(__file__).resolve().parent / "studies"


def alveus(options, *words):
    subprocess.run([str(Path(options.bin) / "alveus"), *map(str, words)], check=True)


def run_study(options, data, study, out, *flags):
    alveus(options, "study", "run", "--data", data, "--study", study, "--outdir", out, "--threads-per-job", 1,
           "--explanations", 1, "--crop", "full", *flags)
    return Path(out)


def start_weights(options, out):
    """What the networks learned on the other data set, a file each, named after them."""
    source = run_study(options, options.data / "sarscov2-ct", STUDIES / "sarscov2-ct.json", out / "source",
                       "--image-size", 128)
    weights = out / "weights"
    weights.mkdir(parents=True, exist_ok=True)
    for model in source.glob("*/model.safetensors"):
        network = json.loads((model.parent / "training.json").read_text())["variant"]["network"]
        shutil.copyfile(model, weights / f"{network}.safetensors")
    return weights


def covid_ct(options):
    weights = start_weights(options, options.out)
    return [run_study(options, options.data / "covid-ct", STUDIES / "covid-ct.json", options.out / "covid-ct",
                      "--image-size", 128, "--weights", weights)]


def write_pictures(arrays, out):
    """The arrays of the three parts as PNG files with a manifest; every picture is a patient of its own."""
    import numpy
    from PIL import Image
    (out / "slices").mkdir(parents=True, exist_ok=True)
    with open(out / "manifest.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["path", "label", "patient_id", "split"])
        for split in ("train", "val", "test"):
            pictures = numpy.load(arrays / f"{split}_images.npy")
            labels = numpy.load(arrays / f"{split}_labels.npy").reshape(-1)
            for number, (picture, label) in enumerate(zip(pictures, labels)):
                name = f"{split}_{number:04d}"
                Image.fromarray(picture).save(out / "slices" / f"{name}.png")
                rows.writerow([f"slices/{name}.png", "pneumonia" if label else "normal", name, split])


def pneumoniamnist(options):
    pictures = options.out / "pictures"
    write_pictures(options.data / "pneumoniamnist", pictures)
    return [run_study(options, pictures, STUDIES / "pneumoniamnist.json", options.out / f"pneumoniamnist-{size}",
                      "--image-size", size) for size in (28, 56)]


def with_interval(metric):
    text = f"{metric['value']:.3f}"
    return text + (f" ({metric['low']:.3f}-{metric['high']:.3f})" if metric.get("low") is not None else "")


def roc_area(scores):
    """Of (target, probability) pairs: the share of right-ordered pairs, ties half."""
    positives = [p for target, p in scores if target]
    negatives = [p for target, p in scores if not target]
    wins = sum((p > n) + 0.5 * (p == n) for p in positives for n in negatives)
    return wins / (len(positives) * len(negatives))


def validation_areas(tables):
    """Patient-level area on validation by configuration: the mean over a patient's slices, as `metrics` takes it."""
    patients = {}
    for table in tables:
        with open(table, newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["role"] != "val":
                    continue
                sums = patients.setdefault(row["configuration"], {}).setdefault(row["patient_id"], [0, 0, 0])
                sums[0] = max(sums[0], int(row["target"]))
                sums[1] += float(row["probability"])
                sums[2] += 1
    return {name: roc_area([(target, total / count) for target, total, count in of.values()])
            for name, of in patients.items()}


def print_table(options, studies):
    tables = sorted(path for study in studies for path in Path(study).glob("*.scores.csv"))
    if not tables:
        sys.exit("error: no *.scores.csv in " + ", ".join(map(str, studies)) + "; give folders that 'study run' wrote")
    joint = options.out / "joint"
    joint.mkdir(parents=True, exist_ok=True)
    alveus(options, "metrics", "--scores", *tables, "--out", joint / "metrics.json")
    alveus(options, "compare", "--scores", *tables, "--metrics", joint / "metrics.json", "--out", joint / "comparison")
    metrics = json.loads((joint / "metrics.json").read_text())
    areas = validation_areas(tables)
    variants = {}
    for training in (path for study in studies for path in Path(study).glob("*/training.json")):
        variant = json.loads(training.read_text())["variant"]
        variants[variant["configuration"]] = variant
    print("| network | start | augmentation | validation AUC | test AUC | test accuracy | patients' test AUC |")
    print("|---|---|---|---|---|---|---|")
    for result in sorted(metrics["configurations"], key=lambda result: -areas[result["configuration"]]):
        variant = variants[result["configuration"]]
        slices, patients = result["slice"]["metrics"], result["patient"]["metrics"]
        print(f"| {variant['network']} | {variant['initialisation']} | {variant['augmentation']} "
              f"| {areas[result['configuration']]:.3f} | {with_interval(slices['auroc'])} "
              f"| {with_interval(slices['accuracy'])} | {with_interval(patients['auroc'])} |")
    choice = json.loads((joint / "comparison" / "comparison.json").read_text())["validation_choice"]
    print("\nChosen by validation:", ", ".join(fold["configuration"] for fold in choice["folds"]))
    print("On test, slices: AUC", with_interval(choice["slice"]["auroc"]), "accuracy",
          with_interval(choice["slice"]["accuracy"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["covid-ct", "pneumoniamnist", "table"])
    parser.add_argument("studies", nargs="*", type=Path, help="folders that 'alveus study run' wrote")
    parser.add_argument("--bin", required=True, type=Path)
    parser.add_argument("--data", type=Path, help="folder that holds the data sets")
    parser.add_argument("--out", required=True, type=Path)
    options = parser.parse_intermixed_args()
    if options.what != "table" and options.data is None:
        parser.error("--data DIR holds the data sets")
    if options.what == "covid-ct":
        options.studies = covid_ct(options)
    elif options.what == "pneumoniamnist":
        options.studies = pneumoniamnist(options)
    print_table(options, options.studies)


if __name__ == "__main__":
    main()
