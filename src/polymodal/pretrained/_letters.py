"""Tokenizers of networks trained on letters: those that only Python code knows, and how letters are grouped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from polymodal.errors import SettingError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# One of each sort of letters that networks are trained on.
TRIED = ("MKTAYIAKQRQISFVKSHFSRQ", "ATGCGTACGTTAGCATGCAAGT", "CC(=O)Oc1ccccc1C(=O)O", "AUGCGUACGUUAGCAUGCAAGU")
GROUPS = (0, 1, 3, 4, 5, 6)  # letters in a word: 0 is the whole as it stands, 1 is how ProtBERT reads, 6 DNABERT


def from_vocabulary(name: str, tokenizer: Any) -> Tokenizer:
    """The same as a tokenizer of Python (such as that of ESM) in the form that can be written down.

    A string is cut into the longest tokens of the vocabulary from the left; what lies between is unknown. Raises
    SettingError when the two do not agree.
    """
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors

    vocabulary = tokenizer.get_vocab()
    unknown = tokenizer.unk_token
    longest_first = sorted((one for one in vocabulary if one.strip()), key=lambda one: (-len(one), one))
    made = Tokenizer(models.WordLevel(vocabulary, unk_token=unknown))
    found = Regex("|".join(map(re.escape, longest_first)))
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(found, behavior="isolated")]
    )
    around = tokenizer.build_inputs_with_special_tokens([-1])
    marks = {code: tokenizer.convert_ids_to_tokens(code) for code in around if code >= 0}
    made.post_processor = processors.TemplateProcessing(
        single=" ".join("$A" if code < 0 else marks[code] for code in around),
        special_tokens=[(mark, code) for code, mark in marks.items()],
    )
    for sample in (*TRIED, "", "".join(longest_first), "MK?T"):
        if made.encode(sample).ids != tokenizer(sample)["input_ids"]:
            raise SettingError(
                f"pretrained={name!r}: its tokenizer ({type(tokenizer).__name__}) is written in Python and cannot be "
                "saved with a model; choose a network with a tokenizer.json"
            )
    return made


def grouping(tokenizer: Tokenizer) -> int:
    """Of `GROUPS` the first of which the tokenizer knows the words, for some sort of letters."""
    unknown = getattr(tokenizer.model, "unk_token", None)
    code = None if unknown is None else tokenizer.token_to_id(unknown)
    if code is None:
        return 0
    shares = {}
    for group in GROUPS:
        codes = [tokenizer.encode(words(one, group), add_special_tokens=False).ids for one in TRIED]
        shares[group] = min(ids.count(code) / max(len(ids), 1) for ids in codes)
    return min(GROUPS, key=lambda group: (shares[group], GROUPS.index(group)))


def words(letters: str, group: int) -> str:
    """Overlapping groups of letters with blanks between.

    >>> words("ATGCA", 3), words("MKT", 1), words("CCO", 0)
    ('ATG TGC GCA', 'M K T', 'CCO')
    """
    if not group or not letters:
        return letters
    return " ".join(letters[at : at + group] for at in range(max(len(letters) - group + 1, 1)))
