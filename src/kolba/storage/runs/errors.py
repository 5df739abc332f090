"""What can go wrong with a run."""

from __future__ import annotations

from kolba.kit import errors, text


class UnknownRun(errors.NotFound):
    slug = "unknown-run"
    title = text.Text(en="There is no such run", ru="Такого запуска нет")
    detail = text.Text(
        en="There is no run {run_id}. GET /runs lists what there is.",
        ru="Запуска {run_id} нет. Список: GET /runs.",
    )


class LeaseLost(errors.Conflict):
    """The token is not, or no longer, that of the run's lease."""

    slug = "lease-lost"
    title = text.Text(
        en="The run is no longer this worker's", ru="Запуск больше не у этого исполнителя"
    )
    detail = text.Text(
        en="The lease on run {run_id} has lapsed or was never this token's. Stop working on it and claim another.",
        ru="Аренда запуска {run_id} истекла или принадлежала не этому токену. Остановитесь и возьмите другой.",
    )


class RunFinished(errors.Conflict):
    slug = "run-finished"
    title = text.Text(en="The run is finished", ru="Запуск завершён")
    detail = text.Text(
        en="Run {run_id} is {state}; nothing about that can be changed.",
        ru="Запуск {run_id} в состоянии {state}; изменить это нельзя.",
    )


class RunUnfinished(errors.Conflict):
    slug = "run-unfinished"
    title = text.Text(en="The run is not finished", ru="Запуск не завершён")
    detail = text.Text(
        en="Run {run_id} is {state}. Cancel it and wait for its end, then delete it.",
        ru="Запуск {run_id} в состоянии {state}. Отмените его, дождитесь конца и тогда удаляйте.",
    )


class CancelNotRequested(errors.Conflict):
    slug = "cancel-not-requested"
    detail = text.Text(
        en="Nobody asked to cancel run {run_id}. POST /runs/{run_id}/fail ends it.",
        ru="Отменять запуск {run_id} не просили. Завершает его POST /runs/{run_id}/fail.",
    )


class EmptyCheckpoint(errors.InvalidInput):
    slug = "empty-checkpoint"

    def __init__(self) -> None:
        message = text.Text(
            en="there is nothing in it; send its bytes", ru="он пуст; пришлите содержимое"
        )
        super().__init__(fields=[errors.FieldError(field="body", message=message)])


class ReferenceTaken(errors.Conflict):
    slug = "reference-taken"
    title = text.Text(en="The reference is in use", ru="Такая ссылка уже занята")
    detail = text.Text(
        en="This reference (`Idempotency-Key`) was given to something else. Choose another; a random one is best.",
        ru="Эта ссылка (`Idempotency-Key`) уже дана чему-то другому. Выберите иную; лучше всего случайную.",
    )


class AttemptsExhausted(errors.KolbaError):
    """Never raised: it becomes the error of a run whose workers were lost one after another."""

    status = 500
    slug = "run-attempts-exhausted"
    title = text.Text(en="The worker was lost too often", ru="Исполнитель терялся слишком часто")
    detail = text.Text(
        en="The run was taken up {attempts} times and each time its worker went silent (killed, out of memory or cut "
        "off). The worker's log says why; then start it again.",
        ru="Запуск брали {attempts} раза, и каждый раз исполнитель замолкал (убит, не хватило памяти или связи). "
        "Причина в его журнале; затем запустите снова.",
    )
