"""What can go wrong when a report is rendered."""

from kolba.kit import errors, text


class RenderingTooSlow(errors.KolbaError):
    status = 503
    slug = "rendering-too-slow"
    title = text.Text(en="The report took too long", ru="Отчёт составлялся слишком долго")
    detail = text.Text(
        en="It was not ready in {seconds} s. Try again when less is going on, or ask for "
        "`format=html`.",
        ru="Он не готов и через {seconds} с. Повторите, когда нагрузка спадёт, или запросите "
        "`format=html`.",
    )


class PdfUnavailable(errors.KolbaError):
    status = 501
    slug = "pdf-unavailable"
    title = text.Text(en="PDF cannot be made here", ru="Здесь нельзя составить PDF")
    detail = text.Text(
        en="The typesetter is not installed. Install `kolba[visualization]`, or ask for "
        "`format=html`.",
        ru="Не установлена программа вёрстки. Установите `kolba[visualization]` или запросите "
        "`format=html`.",
    )
