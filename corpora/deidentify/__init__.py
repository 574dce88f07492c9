"""Records without what identifies a person: found by rules, replaced by a policy, logged without the text."""

from kgtools.corpora.deidentify.batch import LOG, Log, deidentify
from kgtools.corpora.deidentify.policy import Policy, load_policy
from kgtools.corpora.deidentify.pseudonyms import fingerprint, key_of
from kgtools.corpora.deidentify.scan import FINDINGS, Residue, residual

__all__ = [
    "FINDINGS",
    "LOG",
    "Log",
    "Policy",
    "Residue",
    "deidentify",
    "fingerprint",
    "key_of",
    "load_policy",
    "residual",
]
