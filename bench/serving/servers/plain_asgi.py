"""The limit of one Python process: uvicorn (uvloop, httptools), orjson and ONNX Runtime, no more."""

from __future__ import annotations

from typing import Any

import forest
import orjson
import uvicorn

HEADERS = [(b"content-type", b"application/json")]


def make(model: forest.Forest) -> Any:
    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        answer = predict(body) if scope["method"] == "POST" else b"{}"
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": answer})

    def predict(body: bytes) -> bytes:
        labels, probabilities = model.answer(orjson.loads(body)["rows"])
        return orjson.dumps(
            {"labels": labels, "probabilities": probabilities}, option=orjson.OPT_SERIALIZE_NUMPY
        )

    return app


if __name__ == "__main__":
    given = forest.arguments()
    uvicorn.run(
        make(forest.Forest(given.model)),
        host="127.0.0.1",
        port=given.port,
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="warning",
    )
