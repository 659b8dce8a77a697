"""Writes Tests/Fixtures/statistics.json: intervals, tests and scores as scipy, statsmodels, scikit-learn and
cleanlab compute them.

See scripts/make-statistics-fixtures.
"""

import json
import math

import cleanlab
import numpy as np
import scipy
import sklearn
import statsmodels
from cleanlab.count import get_confident_thresholds
from cleanlab.filter import find_label_issues
from scipy import special, stats
from sklearn import metrics
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.proportion import proportion_confint

from fixture_writer import framework_version, write_file

BINS = 15


def wilson():
    cases = [(0, 1), (1, 1), (1, 2), (0, 10), (10, 10), (9_912, 10_000), (9_999, 10_000), (500_000, 1_000_000), (3, 7)]
    return [
        {"successes": count, "trials": trials, "interval": proportion_confint(count, trials, method="wilson")}
        for count, trials in cases]


def mcnemar_tests():
    cases = [
        (0, 0), (1, 0), (0, 1), (5, 5), (3, 4), (12, 24), (10, 0), (40, 80), (200, 201), (1_000, 1_200), (5_000, 5_001),
        (30, 400)]
    return [
        {"a": a, "b": b, "p": mcnemar([[9_000, a], [b, 100]], exact=True).pvalue} for a, b in cases]


def student_t():
    degrees = [1, 2, 3, 4, 9, 29, 99, 2.5, 9_999, 1_000_000]
    points = [-40, -2.5, -1e-3, 0, 1e-4, 0.5, 1, 1.96, 12.7, 300]
    probabilities = [1e-9, 0.001, 0.025, 0.3, 0.5, 0.8, 0.975, 0.9999]
    return [
        {"degrees": df, "points": points, "cumulative": stats.t.cdf(points, df).tolist(),
         "two_sided": (2 * stats.t.sf(np.abs(points), df)).tolist(), "probabilities": probabilities,
         "quantiles": stats.t.ppf(probabilities, df).tolist()}
        for df in degrees]


def paired_tests(random):
    cases = [
        ([0.9912, 0.9905], [0.9901, 0.9907]),
        ([0.9912, 0.9905, 0.9921, 0.9899, 0.9911], [0.9901, 0.9907, 0.9908, 0.9895, 0.9902]),
        ([1.0, 2.0, 3.0], [3.0, 2.0, 0.0])]
    for count in (10, 30):
        first = random.normal(0.991, 0.0008, count)
        cases.append((first.tolist(), (first - random.normal(0.0004, 0.0006, count)).tolist()))
    tests = []
    for a, b in cases:
        result = stats.ttest_rel(a, b)
        interval = result.confidence_interval(0.95)
        single = stats.t.interval(0.95, len(a) - 1, np.mean(a), stats.sem(a))
        # Nadeau and Bengio's correction, for five folds: a quarter as many test as training images.
        difference = np.subtract(a, b)
        corrected = difference.mean() / math.sqrt((1 / len(a) + 0.25) * difference.var(ddof=1))
        tests.append({
            "a": a, "b": b, "statistic": result.statistic, "degrees": result.df, "p": result.pvalue,
            "interval": [interval.low, interval.high], "mean": np.mean(a), "standard_error": stats.sem(a),
            "mean_interval": single, "corrected_statistic": corrected,
            "corrected_p": 2 * stats.t.sf(abs(corrected), len(a) - 1)})
    return tests


def holm():
    cases = [[0.01, 0.04, 0.03], [0.5, 0.001, 0.02, 0.02], [0.9, 0.8], [0.03], [1.0, 0.0, 1e-12, 0.2]]
    return [{"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()} for p in cases]


def power():
    cases = [(0.2, 5), (0.5, 2), (0.5, 10), (1.0, 3), (1.0, 10), (3.0, 2), (10.0, 2), (0.05, 1_000), (0.01, 50_000), (0.0, 5), (0.8, 30)]
    return [
        {"effect": effect, "count": count, "power": TTestPower().power(effect, count, 0.05, alternative="two-sided")}
        for effect, count in cases]


def seeds():
    cases = [(0.001, 0.0008), (0.001, 0.0005), (0.001, 0.002), (0.001, 0.01), (0.004, 0.001), (-0.002, 0.003)]
    rows = []
    for difference, deviation in cases:
        needed = TTestPower().solve_power(abs(difference) / deviation, power=0.8, alpha=0.05, alternative="two-sided")
        rows.append({"difference": difference, "deviation": deviation, "seeds": max(2, math.ceil(float(np.squeeze(needed))))})
    return rows


def scores(random):
    """Logits of 60 images of 4 classes, the last of which is the label of none."""
    labels = random.integers(0, 3, 60)
    logits = np.float32(random.normal(0, 1.5, (60, 4)))
    logits[np.arange(60), labels] += np.float32(1.5)
    logits[0] = [0, 0, 0, 0]
    probabilities = special.softmax(logits.astype(np.float64), axis=1)
    predictions = probabilities.argmax(axis=1)
    confidences = probabilities.max(axis=1)
    edges = np.linspace(0, 1, BINS + 1)
    error = 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidences > low) & (confidences <= high)
        if inside.any():
            error += inside.mean() * abs((predictions == labels)[inside].mean() - confidences[inside].mean())
    return {
        "logits": logits.tolist(), "labels": labels.tolist(),
        "negative_log_likelihood": metrics.log_loss(labels, probabilities, labels=range(4)),
        "brier": metrics.brier_score_loss(labels, probabilities, labels=range(4), scale_by_half=False),
        "calibration_error": error,
        "predictions": predictions.tolist(),
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, predictions),
    }


def confident_learning():
    """Probabilities of noisy labels; in the second case no image has class 2, and many have several sure classes.

    With a generator of its own, so that the numbers of all others stay."""
    random = np.random.default_rng(2019)
    cases = []
    for count, classes, width in [(120, 4, 2.0), (60, 5, 0.3), (40, 2, 1.0)]:
        labels = random.integers(0, classes, count)
        if classes == 5:
            labels[labels == 2] = 3
        logits = random.normal(0, width, (count, classes))
        logits[np.arange(count), np.where(random.random(count) < 0.2, random.integers(0, classes, count), labels)] += width
        probabilities = special.softmax(logits, axis=1)
        thresholds = [
            float(value) if (labels == label).any() else None
            for label, value in enumerate(get_confident_thresholds(labels, probabilities))]
        issues = find_label_issues(labels, probabilities, filter_by="confident_learning", n_jobs=1)
        cases.append({
            "labels": labels.tolist(), "probabilities": probabilities.tolist(), "thresholds": thresholds,
            "issues": issues.tolist()})
    return cases


def main():
    random = np.random.default_rng(18)
    contents = {
        "versions": [framework_version(module) for module in (np, scipy, statsmodels, sklearn, cleanlab)],
        "wilson": wilson(), "mcnemar": mcnemar_tests(), "student_t": student_t(), "paired": paired_tests(random),
        "holm": holm(), "power": power(), "seeds": seeds(), "scores": scores(random),
        "confident_learning": confident_learning(),
    }
    write_file("statistics.json", (json.dumps(contents, indent=1, default=float, allow_nan=False) + "\n").encode())


if __name__ == "__main__":
    main()
