"""What must not pass unseen: personal data in texts.

This room finds; what becomes of it is for whoever asked. It never changes a text, and
without a model it does not guess at names of people and places.
"""

from erya.guarding.base import PersonalData, PersonalDataDetector
from erya.guarding.rules import PersonalDataRules

__all__ = ["PersonalData", "PersonalDataDetector", "PersonalDataRules"]
