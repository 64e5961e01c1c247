"""The log says what happened, and nothing of whom."""

import json

import pytest

from chalicelib.log import fault, log


def test_a_line_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    log(door="enter", outcome="ok", status=200)
    assert json.loads(capsys.readouterr().out) == {"door": "enter", "outcome": "ok", "status": 200}


def test_a_field_that_is_not_on_the_list_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="not to be logged"):
        log(door="enter", patient_name="Kari")
    assert capsys.readouterr().out == ""


def test_an_errors_text_stays_out() -> None:
    with pytest.raises(KeyError) as raised:
        raise KeyError("Kari Testesen")
    assert fault(raised.value).startswith("KeyError test_log.py:")
    assert "Kari" not in fault(raised.value)
    assert fault(ValueError("Kari")) == "ValueError"
