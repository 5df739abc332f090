"""What is refused where credits are concerned."""

from __future__ import annotations

from kolba.kit import errors, text


class NotEnoughCredits(errors.KolbaError):
    status = 402
    slug = "not-enough-credits"
    title = text.Text(en="Not enough credits", ru="Недостаточно кредитов")
    detail = text.Text(
        en="This costs {price} credits, and {available} are available (balance {balance}, the rest is held for runs "
        "under way). Ask an administrator for credits, or send less; nothing was done or charged.",
        ru="Это стоит {price} кр., а доступно {available} (баланс {balance}, остальное отложено для идущих запусков). "
        "Попросите кредиты у администратора или пришлите меньше; ничего не сделано и не списано.",
    )

    def __init__(self, *, balance: int, available: int, price: int) -> None:
        super().__init__(balance=balance, available=available, price=price)


class BalanceFull(errors.Conflict):
    slug = "balance-full"
    detail = text.Text(
        en="With {amount} more credits the balance would pass {most}, the largest there can be. Give less.",
        ru="С {amount} кр. баланс превысил бы {most}, больше которого не бывает. Пополните на меньшую сумму.",
    )


class RunNotSettled(errors.Conflict):
    slug = "run-not-settled"
    title = text.Text(en="The run is not finished", ru="Запуск не завершён")
    detail = text.Text(
        en="Credits are held for run {run_id}, which has not ended. Cancel it and wait for its end, then delete it.",
        ru="Для запуска {run_id} отложены кредиты, и он не завершён. Отмените его, дождитесь конца и тогда удаляйте.",
    )


class NotForDownload(errors.KolbaError):
    status = 403
    slug = "not-for-download"
    title = text.Text(en="This model is not handed out", ru="Эту модель не отдают")
    detail = text.Text(
        en="The answers of `{name}` have a price, so only its owner and administrators may download it or fine-tune "
        "it. Ask it for predictions.",
        ru="Ответы `{name}` платные, поэтому скачать или дообучить её могут только владелец и администраторы. "
        "Запрашивайте у неё прогнозы.",
    )


class AnswerNotPaid(errors.KolbaError):
    status = 503
    slug = "answer-not-paid"
    title = text.Text(en="The answer came too late", ru="Ответ пришёл слишком поздно")
    detail = text.Text(
        en="The answer took so long that the credits held for it were given back, so it is withheld; nothing was "
        "charged. Ask again, or for fewer rows.",
        ru="Ответ готовился так долго, что отложенные за него кредиты уже возвращены, поэтому он не выдан; ничего не "
        "списано. Повторите запрос или запросите меньше строк.",
    )


class TopUpsOff(errors.KolbaError):
    status = 403
    slug = "top-ups-off"
    title = text.Text(
        en="Nobody tops up for themselves here", ru="Пополнять баланс самому здесь нельзя"
    )
    detail = text.Text(
        en="Ask an administrator for credits. (An operator can allow it: `ledger.top_up_provider`.)",
        ru="Попросите кредиты у администратора. (Оператор может это разрешить: `ledger.top_up_provider`.)",
    )


class OverTheCap(errors.Conflict):
    slug = "top-up-over-the-cap"
    detail = text.Text(
        en="Topping up for yourself ends at a balance of {cap} credits; yours is {balance}. Ask for less.",
        ru="Самому можно пополнить баланс до {cap} кр.; у вас {balance}. Пополните на меньшую сумму.",
    )


class NoPrice(errors.NotFound):
    slug = "no-price"
    detail = text.Text(
        en="`{name}` has no price: it is free already.",
        ru="У `{name}` нет цены: это и так бесплатно.",
    )
