"""What each score says, in a sentence for somebody who does not compute scores."""

from __future__ import annotations

from collections.abc import Mapping

SCORES: Mapping[str, str] = {
    "auc": "the chance that a row of the class is ranked above a row that is not; 0.5 is guessing, 1 is perfect",
    "macro_auc": "the chance that a row with a label is ranked above one without it, mean over labels; 0.5 is guessing",
    "accuracy": "the share of answers that are right",
    "balanced_accuracy": "the share of right answers in each class, averaged, so that rare classes count as much",
    "f1_macro": "the balance of finding a class and not finding it where it is not, mean over classes; 1 is perfect",
    "f1": "the balance of finding the positive class and not finding it where it is not; 1 is perfect",
    "precision": "the share of the rows answered positive that are",
    "recall": "the share of the positive rows that are found",
    "specificity": "the share of the negative rows that are left alone",
    "average_precision": "how pure the top of the ranking is; guessing gives the share of rows that are of the class",
    "macro_average_precision": "how pure the top of each label's ranking is, averaged over labels",
    "log_loss": "how surprised the probabilities are by the truth; 0 is perfect, and being sure and wrong costs most",
    "brier": "the squared distance between probability and truth; 0 is perfect",
    "ece": "how far the stated probability is from how often the answer is right; 0 is perfect",
    "r2": "the share of the variation that is explained; 0 is always answering the mean, 1 is perfect",
    "mae": "the mean distance between answer and truth, of levels in steps",
    "rmse": "the typical distance between answer and truth, large misses counting more",
    "quadratic_kappa": "how well the levels agree, far misses counting most; 0 is chance, 1 is perfect",
    "ranked_probability": "the squared distance between probability and truth, level by level; 0 is perfect",
    "spearman": "how well the order of the rows is told; 0 is not at all, 1 is perfect",
    "c_index": "the chance that, of two rows, the one with the earlier event has the higher risk; 0.5 is guessing",
}
KINDS: Mapping[str, str] = {
    "category": "one class of several",
    "multilabel": "any number of labels",
    "number": "a number",
    "ordinal": "one level of several in order",
    "survival": "time until an event",
}
CONTRIBUTION = (
    "A contribution is by how much a modality moves the answer, averaged over all orders in which the modalities of "
    "the row could become known (Shapley value). The contributions of a row add up exactly to the way from the prior, "
    "the answer that looks at nothing, to the answer given. A modality that is absent contributes nothing."
)
