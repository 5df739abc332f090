"""The gate: a fine-tuned model may take its parent's place unless it is surely worse.

Both answer the same images, so the comparison is paired: images that both get right, or both wrong, say nothing, and
of the others each goes to one of the two. Were both models equally good, each would go either way like a fair coin;
that is McNemar's test (Q. McNemar, "Note on the sampling error of the difference between correlated proportions or
percentages", Psychometrika 12, 1947, 153-157), here exact and one-sided: the binomial tail (A. L. Edwards, "Note on the
correction for continuity in testing the significance of the difference between correlated proportions", Psychometrika
13, 1948; the exact form as in P. Armitage, G. Berry, J. N. S. Matthews, "Statistical Methods in Medical Research",
4th ed., 2002, 4.5).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

from kolba.contracts import reports
from kolba.ml_service.training.finetuning import job

Labels = npt.NDArray[np.int64]


def compare(expected: Labels, parent: Labels, candidate: Labels) -> reports.Comparison:
    """Two models' labels `[N]` of the same images, whose true ones are `expected`."""
    parent_right, candidate_right = parent == expected, candidate == expected
    return reports.Comparison(
        images=len(expected),
        parent_correct=int(parent_right.sum()),
        candidate_correct=int(candidate_right.sum()),
        only_parent=int((parent_right & ~candidate_right).sum()),
        only_candidate=int((~parent_right & candidate_right).sum()),
    )


def worse_p_value(only_parent: int, only_candidate: int) -> float:
    """McNemar's exact one-sided p: small where the candidate is worse.

    P(B ≥ only_parent) with B binomial over `only_parent + only_candidate` fair coins; 1.0 where the two never differ.
    """
    discordant = only_parent + only_candidate
    return min(1.0, float(stats.binom.sf(only_parent - 1, discordant, 0.5)))


def decide(
    compared: reports.Comparison, rules: job.GateRules, *, new: reports.Comparison | None = None
) -> reports.GatePart:
    """Whether the candidate may take its parent's place. `new` is told beside, and decides nothing."""
    p_value = worse_p_value(compared.only_parent, compared.only_candidate)
    is_enough = compared.images >= rules.least_images
    return reports.GatePart(
        compared=compared,
        p_value=p_value,
        significance=rules.significance,
        least_images=rules.least_images,
        passed=is_enough and p_value >= rules.significance,
        new=new,
    )
