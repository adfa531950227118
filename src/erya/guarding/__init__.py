"""What must not pass unseen: personal data in texts.

This room finds it, and masks it where that is asked for. Without a model it does not
guess at names of people and places.
"""

from erya.guarding.base import PersonalData, PersonalDataDetector
from erya.guarding.masking import Masking
from erya.guarding.rules import KINDS, RULES, PersonalDataRules

__all__ = [
    "KINDS",
    "RULES",
    "Masking",
    "PersonalData",
    "PersonalDataDetector",
    "PersonalDataRules",
]
