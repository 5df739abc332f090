"""What is refused for want of a group."""

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
