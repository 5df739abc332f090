"""Logs as a person reads them."""

from __future__ import annotations

import json
import pathlib

from kolba.cli.embedded import logbook


def line(moment: str, event: str, **more: object) -> str:
    return json.dumps({"timestamp": moment, "level": "info", "event": event, **more}) + "\n"


def write(folder: pathlib.Path, program: str, *lines: str) -> None:
    (folder / f"{program}.log").write_text("".join(lines), "utf-8")


def test_a_json_line_is_put_into_words() -> None:
    text = line("2026-03-14T09:15:00.123Z", "stored", rows=891, service="storage", logger="x")
    assert logbook.describe(text) == "09:15:00 INFO stored rows=891"


def test_what_a_terminal_would_obey_is_shown_instead() -> None:
    told = "\x1b]0;mine\x07 \u202e \x9b2J"
    text = line("2026-03-14T09:15:00Z", "журнал", detail=told, exception="Traceback\n\tline")
    shown = logbook.describe(text)
    assert shown.startswith(r"09:15:00 INFO журнал detail=\x1b]0;mine\x07 \u202e \x9b2J ")
    assert shown.endswith("exception=Traceback\n\tline")
    assert logbook.describe(told) == r"\x1b]0;mine\x07 \u202e \x9b2J"


def test_any_other_line_is_shown_as_it_is() -> None:
    for text in ("Traceback (most recent call last):", "[1, 2]", '{"no": "event"}', "17"):
        assert logbook.describe(text) == text


def test_the_last_lines_of_all_programs_are_in_the_order_of_time(tmp_path: pathlib.Path) -> None:
    write(tmp_path, "a", *(line(f"2026-01-01T00:00:0{i}Z", f"a{i}") for i in (1, 3, 5)))
    write(tmp_path, "b", *(line(f"2026-01-01T00:00:0{i}Z", f"b{i}") for i in (2, 4)))
    found = logbook.last(tmp_path, ["a", "b"], 2)
    assert [json.loads(item.text)["event"] for item in found] == ["b2", "a3", "b4", "a5"]


def test_a_traceback_stays_under_the_line_it_follows(tmp_path: pathlib.Path) -> None:
    write(tmp_path, "a", line("2026-01-01T00:00:02Z", "fell"), "Traceback\n", "  File\n")
    write(
        tmp_path, "b", line("2026-01-01T00:00:01Z", "early"), line("2026-01-01T00:00:03Z", "late")
    )
    found = [item.text for item in logbook.last(tmp_path, ["a", "b"], 9)]
    assert found.index("Traceback") == 2
    assert found.index("  File") == 3


def test_following_goes_on_in_the_new_file_after_a_rotation(tmp_path: pathlib.Path) -> None:
    write(tmp_path, "a", "old\n")
    steps = iter(["first\n", "rotate", "second\n", None])

    def advance() -> bool:
        step = next(steps)
        if step == "rotate":
            (tmp_path / "a.log").rename(tmp_path / "a.log.1")
            write(tmp_path, "a")
        elif step is not None:
            with (tmp_path / "a.log").open("a", encoding="utf-8") as file:
                file.write(step)
        return step is not None

    followed = logbook.follow(tmp_path, ["a"], is_wanted=advance)
    assert [item.text for item in followed] == ["first", "second"]
