import pytest

from erya.answering import ExtractiveAnswerer, GroundedAnswerer
from erya.testing import AnswererContract, ScriptedChatModel


class TestExtractive(AnswererContract):
    @pytest.fixture
    def answerer(self):
        return ExtractiveAnswerer()


class TestGrounded(AnswererContract):
    @pytest.fixture
    def answerer(self):
        return GroundedAnswerer(
            model=ScriptedChatModel(["Every employee has 25 days of annual leave [1]."])
        )
