"""`GET /plain`: the home page without scripts."""

import typing

from starlette import requests, responses

from kolba.kit import context
from kolba.kit.http import bodies, requirements
from kolba.visualization import languages
from kolba.visualization.home import page, service

router = bodies.router(tags=["home"], dependencies=[requirements.needs(requirements.SIGNED_IN)])

POLICY: typing.Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


@router.get("/plain", response_class=responses.HTMLResponse)
async def show_home(request: requests.Request, lang: str | None = None) -> responses.HTMLResponse:
    """What there is and what to do next, in English or Russian (`lang`, else `Accept-Language`)."""
    code = lang if lang in languages.CODES else context.current().language
    home: service.Home = request.state.home
    content = page.render(
        await home.overview(),
        languages.get(code),
        web_master=request.state.web_master.seen_from(request.url),
    )
    headers = {
        "Content-Security-Policy": POLICY,
        "Content-Language": code,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "Vary": "Accept-Language",
    }
    return responses.HTMLResponse(content, headers=headers)
