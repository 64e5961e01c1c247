"""A trust's own words: what they must hold, what they must not tell, and that ours pass."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.protocol import Language, MessageKind, Way
from chalicelib.rest import NewText, TextProblem
from chalicelib.telling import telling_words, tells
from chalicelib.wording import refused, standard
from tests.fakes.clinic import TRUST, Clinic

P, K = TextProblem, MessageKind
NB = Language.BOKMAL
GOOD = "Hei! Du har time {day} kl. {clock} hos {department}: {link} Spør oss på {phone}"


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def problems(
    text: str, kind: MessageKind = K.INVITED, way: Way = Way.SMS, language: Language = NB
) -> list[TextProblem]:
    return refused(kind, way, language, text)[0]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("way", Way)
@pytest.mark.parametrize("kind", [kind for kind in K if kind is not K.CODE])
def test_our_own_words_pass_with_the_longest_names_of_a_trust(kind: MessageKind, way: Way, language: Language) -> None:
    clinic = Clinic()
    checked = clinic.services.wordings.check(clinic.by, NewText(kind=kind, way=way, language=language, text=""))
    assert (checked.problems, checked.words) == ([], [])
    assert checked.preview
    assert "{" not in checked.preview


@pytest.mark.parametrize("language", Language)
def test_our_code_passes(clinic: Clinic, language: Language) -> None:
    checked = clinic.services.wordings.check(clinic.by, NewText(kind=K.CODE, way=Way.SMS, language=language, text=""))
    assert (checked.problems, checked.parts) == ([], 1)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (GOOD, []),
        (GOOD.replace("{link}", ""), [P.NO_LINK]),
        (GOOD.replace("{phone}", ""), [P.NO_PHONE]),
        (GOOD.replace("{clock}", "{hour}"), [P.UNKNOWN_FIELD]),
        (GOOD + " {code}", [P.UNKNOWN_FIELD]),
        (GOOD + " {0}", [P.UNKNOWN_FIELD]),
        (GOOD + " {}", [P.UNKNOWN_FIELD]),
        (GOOD + " {phone.__class__}", [P.UNKNOWN_FIELD]),
        (GOOD.replace("{day}", "{day!r}"), [P.UNFIT]),
        (GOOD.replace("{day}", "{day:>999999999}"), [P.UNFIT]),
        (GOOD + " {", [P.UNFIT]),
        (GOOD.replace("{link} ", "{link}."), [P.UNFIT]),
        (GOOD + "\x07", [P.UNFIT]),
        (GOOD + " Se https://example.com", [P.FOREIGN_LINK]),
        (GOOD + " Se www.helse.no", [P.FOREIGN_LINK]),
        (GOOD + " Se helse.no", [P.FOREIGN_LINK]),
        (GOOD + " Se helse．no", [P.FOREIGN_LINK]),
        (GOOD + " Se 10.0.0.1", [P.FOREIGN_LINK]),
        (GOOD + " Skriv til post@helse", [P.FOREIGN_LINK]),
        (GOOD + " Det gjelder kreften din", [P.TELLING]),
    ],
)
def test_what_a_text_may_not_be(text: str, found: list[TextProblem]) -> None:
    assert problems(text) == found


def test_each_kind_has_its_own_needs() -> None:
    assert problems("Timen {day} er avlyst. Ring {phone}", K.CANCELLED) == []
    assert problems("Timen {day} er avlyst: {link} {phone}", K.CANCELLED) == [P.UNKNOWN_FIELD]
    assert problems("Bli med som {kind}: {link} {phone}", K.GUEST) == []
    assert problems("Bli med som {kind}: {link} {phone}", K.INVITED) == [P.UNKNOWN_FIELD]
    assert problems("Kode: {code}", K.CODE) == []
    assert problems("Kode", K.CODE) == [P.NO_CODE]
    assert problems("Kode: {code}", K.CODE, Way.MAIL) == [P.UNFIT]
    assert problems("Velkommen {day}.", way=Way.MAIL) == []
    assert problems("Velkommen {link}", way=Way.MAIL) == [P.UNKNOWN_FIELD]


@pytest.mark.parametrize(
    ("language", "text", "word"),
    [
        (NB, "Barnepsykiatrisk poliklinikk", "Barnepsykiatrisk"),
        (NB, "kreft-poliklinikken", "kreft-poliklinikken"),
        (NB, "KREFT", "KREFT"),
        (NB, "time ved Rus og helse", "Rus"),
        (NB, "Ruspoliklinikken", "Ruspoliklinikken"),
        (NB, "HIV-kontroll", "HIV-kontroll"),
        (NB, "kre\u00adft", "kreft"),
        (NB, "ｋｒｅｆｔ", "ｋｒｅｆｔ"),
        (Language.NYNORSK, "etter valdtekta", "valdtekta"),
        (Language.NYNORSK, "stråleterapi", "stråleterapi"),
        (Language.ENGLISH, "your chemotherapy", "chemotherapy"),
        (Language.ENGLISH, "your time at Onkologisk avdeling", "Onkologisk"),
        (Language.NORTHERN_SAMI, "psykiátralaš", "psykiátralaš"),
        (Language.POLISH, "poradnia onkologiczna", "onkologiczna"),
        (Language.POLISH, "ciąży", "ciąży"),
        (Language.UKRAINIAN, "ваша вагітність", "вагітність"),
        (Language.UKRAINIAN, "психіатрична", "психіатрична"),
        (Language.ARABIC, "عيادة السرطان", "السرطان"),
        (Language.ARABIC, "للإدمان", "للإدمان"),
        (Language.ARABIC, "والاكتئاب", "والاكتئاب"),
        (Language.ARABIC, "السُّكَّري", "السكري"),
    ],
)
def test_words_that_tell_are_found_however_they_are_written(language: Language, text: str, word: str) -> None:
    assert telling_words(text, language) == [word]


@pytest.mark.parametrize(
    "text",
    [
        "Russisk tolk", "rusk og rask", "larve", "Vi ringer deg når det er din tur", "Ta med legemiddellisten",
        "Medisinsk poliklinikk", "Kirurgisk poliklinikk", "Øre-nese-hals-poliklinikken", "Elvenes HF", "Du må hjelpes",
    ],
)  # fmt: skip
def test_what_tells_nothing_passes(text: str) -> None:
    assert telling_words(text, NB) == []


@given(st.text(max_size=300), st.sampled_from(K), st.sampled_from(Way), st.sampled_from(Language))
def test_any_text_is_judged(text: str, kind: MessageKind, way: Way, language: Language) -> None:
    clinic = Clinic()
    checked = clinic.services.wordings.check(clinic.by, NewText(kind=kind, way=way, language=language, text=text))
    assert checked.problems or checked.preview


@given(st.lists(st.sampled_from(["{link}", "{phone}", "{day}", "a", " ", "{", "}", "\n", "www.", "!r", ":", "é", "č"])))
def test_what_passes_can_be_sent(pieces: list[str]) -> None:
    clinic, text = Clinic(), "".join(pieces)
    new = NewText(kind=K.INVITED, way=Way.SMS, language=NB, text=text)
    if not text or clinic.services.wordings.change(clinic.by, new).problems:
        return
    clinic.book()
    ((_, sent),) = clinic.carrier.texts
    assert "#" in sent
    assert "+47 55 50 01 00" in sent


def test_an_own_text_is_kept_said_and_given_back(clinic: Clinic) -> None:
    wordings, new = clinic.services.wordings, NewText(kind=K.INVITED, way=Way.SMS, language=NB, text=GOOD)
    assert wordings.change(clinic.by, new).problems == []
    clinic.book()
    assert clinic.carrier.texts[-1][1].startswith("Hei! Du har time ")
    (kept,) = [text for text in wordings.all(clinic.by).texts if text.text]
    assert (kept.text, kept.standard) == (GOOD, standard(K.INVITED, Way.SMS, NB))
    wordings.change(clinic.by, NewText(kind=K.INVITED, way=Way.SMS, language=NB, text=""))
    clinic.book()
    assert clinic.carrier.texts[-1][1].startswith("Du har videotime")


def test_a_refused_text_changes_nothing(clinic: Clinic) -> None:
    bad = NewText(kind=K.INVITED, way=Way.SMS, language=NB, text="Kreftavdelingen: {link} {phone}")
    checked = clinic.services.wordings.change(clinic.by, bad)
    assert (checked.problems, checked.words) == ([P.TELLING], ["Kreftavdelingen"])
    assert not any(text.text for text in clinic.services.wordings.all(clinic.by).texts)


def test_too_long_is_too_long(clinic: Clinic) -> None:
    def check(text: str) -> Any:
        return clinic.services.wordings.check(clinic.by, NewText(kind=K.INVITED, way=Way.SMS, language=NB, text=text))

    assert check(GOOD + " Velkommen." * 20).problems == []
    assert check(GOOD + " Velkommen." * 40).problems == [P.TOO_LONG]
    assert check(GOOD + " Velkommen." * 20 + " č").problems == [P.TOO_LONG], "one letter makes all of them wide"


def test_a_department_whose_name_tells_is_called_otherwise(clinic: Clinic) -> None:
    entry = TRUST | {
        "departments": [
            {"id": "medisinsk", "name": "Kreftpoliklinikken", "phone": "+4755500100"},
            {"id": "kirurgisk", "name": "Kreftkirurgi", "phone": "+4755500200", "message_name": "Dagposten"},
        ],
        "staff": [{"id": clinic.staff, "name": "Ingrid Berg", "departments": ["medisinsk", "kirurgisk"]}],
    }
    clinic.services.register.enter(entry)
    assert clinic.services.wordings.nameless(clinic.trust) == ["medisinsk"]
    clinic.book(email="kari@example.no")
    assert "Elvenes helseforetak" in clinic.carrier.texts[-1][1]
    assert "kreft" not in clinic.carrier.mails[-1].as_string().lower()
    clinic.book(department="kirurgisk")
    assert "Dagposten" in clinic.carrier.texts[-1][1]


def test_a_name_tells_in_norwegian_and_english() -> None:
    assert [name for name in ("Rus Elvenes", "HIV", "Psychiatry", "Elvenes HF", "Ring oss") if tells(name)] == [
        "Rus Elvenes",
        "HIV",
        "Psychiatry",
    ]
