"""Why a run ended without a result."""

from __future__ import annotations

from kolba.kit import errors, text


class OutOfMemory(errors.KolbaError):
    status = 507
    slug = "out-of-memory"
    title = text.Text(en="The run needed too much memory", ru="Запуску не хватило памяти")
    detail = text.Text(
        en="It was ended at {limit_bytes} bytes (`max_run_bytes`). Take fewer rows, columns or trees, "
        "or raise the limit.",
        ru="Он остановлен на {limit_bytes} байт (`max_run_bytes`). Возьмите меньше строк, столбцов или деревьев "
        "либо поднимите предел.",
    )


class TookTooLong(errors.KolbaError):
    status = 504
    slug = "took-too-long"
    title = text.Text(en="The run took too long", ru="Запуск длился слишком долго")
    detail = text.Text(
        en="It was ended after {limit_seconds:g} s (`max_run_seconds`). Make it smaller, or raise the limit.",
        ru="Он остановлен через {limit_seconds:g} с (`max_run_seconds`). Уменьшите его или поднимите предел.",
    )


class Killed(errors.KolbaError):
    """By a signal: the system's when memory runs out, or somebody's."""

    status = 500
    slug = "run-killed"
    title = text.Text(en="The run's process was killed", ru="Процесс запуска был убит")
    detail = text.Text(
        en="Its process ended by {signal}; where the machine ran out of memory, that is SIGKILL.",
        ru="Его процесс завершён сигналом {signal}; при нехватке памяти на машине это SIGKILL.",
    )


class Broke(errors.KolbaError):
    status = 500
    slug = "run-broke"
    title = text.Text(en="The run broke off", ru="Запуск оборвался")
    detail = text.Text(
        en="An unexpected failure ended it: {reason}. The worker's log has the whole of it.",
        ru="Его оборвал непредвиденный сбой: {reason}. Подробности в журнале воркера.",
    )


class FetchBrokeOff(errors.KolbaError):
    """Storage notices damage at the end of what it sends, and can only break off."""

    status = 502
    slug = "fetch-broke-off"
    title = text.Text(
        en="What the run reads could not be fetched whole",
        ru="Прочитать данные запуска целиком не удалось",
    )
    detail = text.Text(
        en="Storage began to send `{what}` {times} times and each time it broke off or came changed. It is probably "
        "damaged at rest: storage's log says so. Restore it from a backup, or upload it anew.",
        ru="Хранилище начинало отдавать `{what}` {times} раз, и каждый раз передача обрывалась или байты не сходились. "
        "Вероятно, данные повреждены на диске: об этом скажет журнал хранилища. Восстановите их или загрузите заново.",
    )


class NurseryGone(Exception):
    """The process that forks children ended; it is started again."""
