"""What is refused for want of a group, or of a token's scope."""

from __future__ import annotations

from kolba.kit import errors, text


class ScenarioForbidden(errors.KolbaError):
    status = 403
    slug = "scenario-forbidden"
    title = text.Text(en="You may not run this scenario", ru="Вам нельзя запускать этот сценарий")
    detail = text.Text(
        en="The scenario `{scenario}` is for the groups {groups}. Ask an administrator to add you to one of them.",
        ru="Сценарий `{scenario}` открыт для групп {groups}. Попросите администратора добавить вас в одну из них.",
    )


class ActionForbidden(errors.KolbaError):
    status = 403
    slug = "action-forbidden"
    title = text.Text(en="You may not do this", ru="Вам нельзя этого делать")
    detail = text.Text(
        en="This (`{right}`) is for the groups {groups}. Ask an administrator to add you to one of them.",
        ru="Это действие (`{right}`) открыто для групп {groups}. Попросите администратора добавить вас в одну из них.",
    )


class ScopeMissing(errors.KolbaError):
    status = 403
    slug = "scope-missing"
    title = text.Text(en="This token is not for that", ru="Этот токен выдан не для этого")
    detail = text.Text(
        en="The API token is limited to {scopes}, and this needs `{scope}`. Make a token that has it.",
        ru="API-токен ограничен областями {scopes}, а здесь нужна `{scope}`. Создайте токен, в котором она есть.",
    )
