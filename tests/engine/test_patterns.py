import random
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.mail_task_rules.engine import patterns
from odoo.addons.mail_task_rules.engine.patterns import (
    PATTERN_LIMIT,
    PatternError,
    PatternSet,
    compile_pattern,
    compile_phrase,
    compile_words,
)
from odoo.addons.mail_task_rules.engine.searchable import Searchable

from .growth import SLACK_SECONDS, seconds

TEXT = Searchable("Ihre Rechnung\r\n Nr. 5 für Größe XL\nСчёт № 7")


@pytest.mark.parametrize(
    ("compiler", "text", "case_sensitive", "is_there"),
    [
        (compile_phrase, "RECHNUNG nr.", False, True),
        (compile_phrase, "fur  grosse", False, True),
        (compile_phrase, "счет", False, True),
        (compile_phrase, "rechn", False, True),
        (compile_phrase, "Nr. 6", False, False),
        (compile_phrase, "Rechnung Nr.", True, True),
        (compile_phrase, "rechnung", True, False),
        (compile_phrase, "Grosse", True, False),
        (compile_words, "grosse rechnung", False, True),
        (compile_words, "XL, 5!", False, True),
        (compile_words, "rechn", False, False),
        (compile_words, "rechnung mahnung", False, False),
        (compile_words, "Größe Ihre", True, True),
        (compile_words, "größe", True, False),
        (compile_pattern, r"nr\.\s+\d", False, True),
        (compile_pattern, r"^счет\s№", False, True),
        (compile_pattern, r"gr(ö|o)ße", False, True),
        (compile_pattern, "[ö]", False, True),
        (compile_pattern, r"Gr\wße", False, True),
        (compile_pattern, r"Сч\w+т", False, True),
        (compile_pattern, r"^xl", False, False),
        (compile_pattern, r"XL$", False, True),
        (compile_pattern, r"\S{4}\sRechnung", False, True),
        (compile_pattern, r"\QNr. 5\E", False, True),
        (compile_pattern, r"rechnung", True, False),
        (compile_pattern, r"(?i)rechnung", True, True),
        (compile_pattern, r"Gr[oö]sse", True, False),
        (compile_pattern, r"Größe", True, True),
    ],
)
def test_what_is_in_a_text(compiler, text, case_sensitive, is_there):
    pattern = compiler(text, case_sensitive)
    assert pattern.is_in(TEXT) == is_there
    assert PatternSet([pattern]).matches(TEXT) == ({0} if is_there else set())


@pytest.mark.parametrize(
    ("text", "reason", "position"),
    [
        ("[abc", "missing ]: [abc", 0),
        ("ab[c", "missing ]: [c", 2),
        ("x(y(z)", "missing ): x(y(z)", 1),
        ("a)b", "unexpected ): a)b", 1),
        ("[(]a)", "unexpected ): [(]a)", 4),
        ("a+b**", "bad repetition operator: **", 3),
        ("a*|*b", "no argument for repetition operator: *", 3),
        ("ab\\", "trailing \\", 2),
        ("a(?=b)", "invalid perl operator: (?=", 1),
        (r"(a)\1", r"invalid escape sequence: \1", 3),
        (r"a\Cb", r"invalid escape sequence: \C", 1),
        ("größe[z-a]", "invalid character class range: z-a", 6),
        ("a{2000}", "invalid repetition size: {2000}", 1),
        ("[z-é]", "invalid character class range: z-e", None),
    ],
)
def test_bad_pattern_is_refused_with_its_place(text, reason, position):
    with pytest.raises(PatternError) as caught:
        compile_pattern(text)
    error = caught.value
    assert (error.code, error.reason, error.position) == ("syntax", reason, position)


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("", "empty", None),
        (" \n", "empty", None),
        (r"5 \bсчет\b", "word_boundary", 2),
        ("a" * (PATTERN_LIMIT + 1), "too_long", PATTERN_LIMIT),
    ],
)
def test_pattern_that_would_find_nothing_is_refused(text, code, position):
    with pytest.raises(PatternError) as caught:
        compile_pattern(text)
    assert (caught.value.code, caught.value.position) == (code, position)


def test_word_boundary_is_fine_where_accents_are_all_that_is_not_ascii():
    assert compile_pattern(r"\bgröße\b").is_in(Searchable("die GRÖSSE zählt")) is True


@pytest.mark.parametrize("compiler", [compile_phrase, compile_words])
def test_blank_is_nothing_to_look_for(compiler):
    with pytest.raises(PatternError) as caught:
        compiler(" \n")
    assert caught.value.code == "empty"


def found(pattern, text, **kwargs):
    return [
        (match.text, match.values, match.groups)
        for match in compile_pattern(pattern, **kwargs).matches(Searchable(text))
    ]


def test_groups_are_reported_as_they_were_written():
    assert found(r"fur (?P<was>gro\w+) (\d)?", "für Größe 5, FÜR GROßES X") == [
        ("für Größe 5", ("Größe", "5"), {"was": "Größe"}),
        ("FÜR GROßES ", ("GROßES", ""), {"was": "GROßES"}),
    ]


def test_accents_that_stand_apart_belong_to_their_letters():
    assert found("e(t)e", "e\u0301t\u0301e\u0301!") == [
        ("e\u0301t\u0301e\u0301", ("t\u0301",), {})
    ]


def test_letters_that_fold_to_several_are_reported_whole():
    assert found("(f)i", "ﬁx") == [("ﬁ", ("ﬁ",), {})]


def test_letters_that_fold_to_several_are_repeated_whole():
    assert found("^ß{2}$", "ßß") == [("ßß", (), {})]


def test_case_sensitive_groups_are_those_of_the_text():
    assert found("(Ö)(x)?", "ö Ö", case_sensitive=True) == [("Ö", ("Ö", ""), {})]


def test_set_tells_which_of_many_are_there():
    several = PatternSet(
        [
            compile_phrase("nowhere"),
            compile_phrase("Rechnung"),
            compile_words("xl ihre"),
            compile_pattern(r"№ \d"),
            compile_phrase("rechnung", case_sensitive=True),
            compile_pattern("XL", case_sensitive=True),
        ]
    )
    assert several.matches(TEXT) == {1, 2, 3, 5}
    assert several.matches(Searchable("")) == set()


def test_large_set_tells_which_of_many_are_there():
    several = [compile_pattern(f"^{number}$") for number in range(50)]
    assert PatternSet(several).matches(Searchable("7\n20\n49\n50")) == {7, 20, 49}


def test_many_patterns_with_gaps_take_no_longer_together_than_alone():
    dice = random.Random(1)
    names = ["".join(dice.choices(string.ascii_lowercase, k=6)) for _ in range(1500)]
    text = Searchable(" ".join(dice.choices(names, k=7000)))
    gaps = [compile_pattern(f"{names[n]}.*{names[n + 1]}") for n in range(600)]
    patterns = PatternSet(gaps)

    def match_alone():
        return {index for index, pattern in enumerate(gaps) if pattern.is_in(text)}

    assert patterns.matches(text) == match_alone()
    most = 2 * SLACK_SECONDS + 3 * seconds(match_alone)
    assert seconds(patterns.matches, text) < most


def test_set_without_patterns_finds_nothing():
    assert PatternSet([]).matches(TEXT) == set()


@pytest.mark.parametrize("memory", [1, 40_000])
def test_set_that_has_no_memory_finds_the_same(monkeypatch, memory):
    monkeypatch.setattr(patterns, "SET_MEMORY", memory)
    many = [compile_pattern(f"{number}.{{0,20}}x") for number in range(50)]
    text = Searchable("1 2 3 4 5 6 7 8 9 " * 50 + "x")
    alone = {index for index, pattern in enumerate(many) if pattern.is_in(text)}
    assert alone
    assert PatternSet(many).matches(text) == alone


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Rechnung", "RECHNUNG"),
        ("Café", "cafe"),
        ("Straße", "STRASSE"),
        ("Счёт", "СЧЕТ"),
        ("ﬁnal", "FINAL"),
        ("e\u0301te\u0301", "été"),
    ],
)
def test_case_and_accents_do_not_matter(one, other):
    assert Searchable(one).folded == Searchable(other).folded


@given(st.text())
def test_folding_one_character_at_a_time_keeps_the_words(text):
    searchable = Searchable(text)
    assert searchable.folded_phrase == Searchable(searchable.folded_phrase).folded


@given(st.text(), st.data())
def test_folded_text_leads_back_to_the_original(text, data):
    searchable = Searchable(text)
    start = data.draw(st.integers(0, len(searchable.folded)))
    end = data.draw(st.integers(start, len(searchable.folded)))
    original = searchable.original(start, end)
    assert original in text
    assert searchable.folded[start:end] in Searchable(original).folded
    assert searchable.original(0, len(searchable.folded)) in text


@given(st.text(), st.data())
def test_pieces_of_a_folded_text_lead_back_in_their_order(text, data):
    searchable = Searchable(text)
    size = len(searchable.folded)
    cut = data.draw(st.integers(0, size))
    whole = searchable.original(0, size)
    halves = searchable.original(0, cut), searchable.original(cut, size)
    # what folds to several characters may be cut inside, and is in both halves then
    assert whole.startswith(halves[0])
    assert whole.endswith(halves[1])
    assert len(whole) <= sum(map(len, halves)) <= len(whole) + 1


@given(st.text(min_size=1), st.text(), st.text())
def test_any_text_is_found_in_itself(text, before, after):
    try:
        pattern = compile_pattern(re.escape(text))
    except PatternError as error:
        assert error.code == "empty"  # noqa: PT017
        return
    assert pattern.is_in(Searchable(before + text + after))


@given(
    st.lists(
        st.sampled_from(list("aäß[](){}\\QEbwWdsS^$*+?.|-:<P>1é№\u0301")), max_size=12
    ).map("".join),
    st.text("aäßé1 \n№\u0301ﬁ"),
)
def test_any_pattern_is_refused_or_used(pattern, text):
    try:
        compiled = compile_pattern(pattern)
    except PatternError as error:
        assert error.position is None or 0 <= error.position <= len(pattern)
        return
    searchable = Searchable(text)
    matches = list(compiled.matches(searchable))
    assert bool(matches) == compiled.is_in(searchable)
    assert bool(matches) == bool(PatternSet([compiled]).matches(searchable))
    assert all(match.text in text for match in matches)


KEYWORDS = st.lists(st.text(st.sampled_from("ab ä"), min_size=1), max_size=5)


@given(KEYWORDS, st.text(st.sampled_from("abcäA \n")))
def test_set_finds_what_each_finds_alone(keywords, text):
    several = [compile_phrase(word) for word in keywords if word.strip()]
    searchable = Searchable(text)
    alone = {index for index, one in enumerate(several) if one.is_in(searchable)}
    assert PatternSet(several).matches(searchable) == alone
