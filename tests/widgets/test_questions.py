from __future__ import annotations

import json

import pytest

from coursekit.errors import ConfigurationError, CoursekitWarning
from coursekit.widgets import GuessFile, guesses_path, predict, quiz

CHOICES = ("falls", "rises", "stays")


def test_a_quiz_keeps_the_first_answer_and_explains_each():
    store = {}
    item = quiz("The loss?", CHOICES, "falls", why={"rises": "No step goes uphill."}, key="13.a", store=store)
    assert item.button.disabled
    assert item.options.value is None
    item.options.value = "rises"
    item.button.click()
    assert item.state == "Not this one; choose again. No step goes uphill."
    item.options.value = "falls"
    item.button.click()
    assert item.state == "Right."
    assert "✓ Right." in item._said.value
    assert store == {"13.a": {"first": "rises", "right": False}}
    again = quiz("The loss?", CHOICES, "falls", key="13.a", store=store)
    assert again.state == "Your first answer was: rises"


@pytest.mark.parametrize("given", [(["a"], "a"), (["a", "a"], "a"), (["a", "b"], "c")])
def test_a_quiz_that_cannot_be_answered(given):
    with pytest.raises(ConfigurationError):
        quiz("?", *given, store={})
    with pytest.raises(ConfigurationError, match="'d'"):
        quiz("?", ["a", "b"], "a", why={"d": ""}, store={})


def test_nothing_is_found_out_before_the_guess_is_stored():
    store, asked = {}, []

    def actual():
        asked.append(dict(store))
        return 2.0

    item = predict("Loss?", actual, why="It is ln 10.", key="k", store=store)
    item.button.click()
    assert item.state.startswith("Write a number")
    assert not asked
    item.guess.value = "1,0"
    item.button.click()
    assert asked == [{"k": {"guess": 1.0}}]
    assert item.state == "Not as predicted. You guessed 1; it is 2. Off by a factor of 2. It is ln 10."
    assert item.guess.disabled
    assert item.button.disabled


def test_a_stored_guess_is_shown_again_and_can_be_made_anew():
    store = {"k": {"guess": 2.1}}
    item = predict("Loss?", 2.0, key="k", store=store)
    assert item.state == "As predicted. You guessed 2.1; it is 2. Off by 5%."
    item.again.click()
    assert store == {}
    assert not item.guess.disabled
    assert item.state == "Not guessed yet."
    item.guess.value = "nan"
    item.button.click()
    assert store == {}


def test_a_prediction_among_choices():
    item = predict("The loss?", "rises", choices=CHOICES, store={})
    item.button.click()
    assert item.state.startswith("Choose an outcome")
    item.guess.value = "rises"
    item.button.click()
    assert item.state == "As predicted. You guessed rises; it is rises."


def test_an_outcome_of_another_form_is_refused():
    for actual, choices in (("explodes", CHOICES), (float("nan"), ()), ("2", ()), (1.0, ("one",))):
        with pytest.raises(ConfigurationError):
            predict("?", actual, choices=choices, store={})


def test_where_widgets_cannot_run_the_question_stands_unanswered():
    shown = predict("Loss <now>?", 2.345, why="because", store={"Loss <now>?": {"guess": 1.0}})._repr_mimebundle_()
    assert "Loss &lt;now&gt;?" in shown["text/html"]
    assert "2.345" not in shown["text/html"] + shown["text/plain"]
    listed = quiz("Which?", CHOICES, "falls", store={})._repr_mimebundle_()["text/plain"]
    assert listed == "Which?\na) falls\nb) rises\nc) stays"


def test_the_file_keeps_guesses_between_kernels(tmp_path):
    path = tmp_path / "new" / "guesses.json"
    GuessFile(path)["a"] = {"guess": 1.5}
    GuessFile(path)["b"] = {"guess": "x"}
    assert dict(GuessFile(path)) == {"a": {"guess": 1.5}, "b": {"guess": "x"}}
    del GuessFile(path)["a"]
    assert json.loads(path.read_text("utf-8")) == {"version": 1, "guesses": {"b": {"guess": "x"}}}
    assert {one.name for one in path.parent.iterdir()} == {"guesses.json", "guesses.lock"}


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "guesses.json"
    GuessFile(path)["a"] = {"guess": 1}
    with pytest.raises(TypeError):
        GuessFile(path)["b"] = {"guess": object()}
    assert dict(GuessFile(path)) == {"a": {"guess": 1}}
    assert not list(tmp_path.glob("*.tmp"))


@pytest.mark.parametrize("damage", ["", "[]", '{"version": 9, "guesses": {}}', '{"version": 1, "guesses": {"a": 1}}'])
def test_a_damaged_file_is_set_aside(tmp_path, damage):
    path = tmp_path / "guesses.json"
    path.write_text(damage, "utf-8")
    with pytest.warns(CoursekitWarning, match="going on without"):
        assert len(GuessFile(path)) == 0
    assert (tmp_path / "guesses.damaged.json").read_text("utf-8") == damage


def test_a_place_that_cannot_be_written_costs_only_the_record(tmp_path):
    (tmp_path / "file").write_text("", "utf-8")
    item = predict("?", 1.0, store=GuessFile(tmp_path / "file" / "guesses.json"))
    item.guess.value = "1"
    with pytest.warns(CoursekitWarning):
        item.button.click()
    assert item.state.startswith("As predicted.")


def test_the_file_lies_beside_the_progress(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSEKIT_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.delenv("COURSEKIT_GUESSES", raising=False)
    assert guesses_path() == tmp_path / "guesses.json"
    monkeypatch.setenv("COURSEKIT_GUESSES", str(tmp_path / "mine.json"))
    assert guesses_path() == tmp_path / "mine.json"
