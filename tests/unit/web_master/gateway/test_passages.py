"""What each way through the door says of itself."""

from __future__ import annotations

from kolba.web_master.gateway import checks, table


def test_each_post_says_whether_it_may_be_asked_twice() -> None:
    """Contributions and images are known by their content, and a run that was asked to end ends."""
    posts = {one.path: one.is_repeatable for one in table.PASSAGES if one.method == "POST"}
    assert posts == {
        "/upload/dataset": False,
        "/files": False,
        "/user-data": True,
        "/images": True,
        "/aliases/{model}/{alias}/rollback": False,
        "/runs/{run_id}/cancel": True,
    }


def test_after_a_change_of_models_and_aliases_others_may_answer() -> None:
    changes = {
        (one.method, one.path)
        for one in table.PASSAGES
        if one.method != "GET" and one.path.startswith(("/models", "/aliases"))
    }
    assert {(one.method, one.path) for one in table.PASSAGES if one.changes_answers} == changes
    assert len(changes) == 5


def test_a_run_is_settled_before_it_is_forgotten_and_a_priced_model_stays() -> None:
    checked = {(one.method, one.path): one.before for one in table.PASSAGES if one.before}
    assert checked == {
        ("DELETE", "/runs/{run_id}"): checks.settle_run,
        ("GET", "/models/{model_id}/download"): checks.check_download,
    }
