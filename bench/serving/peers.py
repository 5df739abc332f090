"""The peers, and the limit that none of them can pass. Versions are pinned here and nowhere else."""

from __future__ import annotations

from bench.common.environments import Attempt, Environment
from bench.serving import targets
from bench.serving.programs import Program

_FOREST = ("onnxruntime==1.31.0", "numpy==2.4.6")
_SCIKIT_LEARN = "scikit-learn==1.9.1"
_BY_HAND = ("--model", "{model}", "--port", "{port}")

_UVICORN = ("uvicorn==0.54.0", "uvloop==0.23.0", "httptools==0.9.0", "orjson==3.13.0")
_FASTAPI = ("fastapi==0.165.0", "pydantic==2.14.3")
ASGI = Environment(name="asgi", attempts=(Attempt(requirements=(*_UVICORN, *_FASTAPI, *_FOREST)),))
LITSERVE = Environment(
    name="litserve", attempts=(Attempt(requirements=("litserve==0.2.19", *_FOREST)),)
)
BENTOML = Environment(
    name="bentoml",
    attempts=(
        Attempt(requirements=("bentoml==1.4.40", *_FOREST)),
        Attempt(
            requirements=("bentoml==1.4.40", *_FOREST),
            overrides=("certifi",),
            note="with an older certifi than it asks for, which the package index did not have",
        ),
    ),
)
RAY = Environment(name="ray", attempts=(Attempt(requirements=("ray[serve]==2.60.0", *_FOREST)),))
MLSERVER = Environment(
    name="mlserver",
    attempts=(
        Attempt(
            requirements=("mlserver==1.7.1", "mlserver-sklearn==1.7.1", _SCIKIT_LEARN, *_FOREST)
        ),
    ),
)
_MLFLOW_REST = (_SCIKIT_LEARN, "onnx==1.23.2", *_FOREST)
MLFLOW = Environment(
    name="mlflow",
    attempts=(
        Attempt(requirements=("mlflow==3.18.0", *_MLFLOW_REST)),
        Attempt(
            requirements=("mlflow==3.17.2", *_MLFLOW_REST),
            note="3.17.2: parts of 3.18.0 could not be had from the package index",
        ),
    ),
)

LIMIT = Program(
    name="plain-asgi",
    environment=ASGI,
    start=("{python}", "plain_asgi.py", *_BY_HAND),
    ready="/",
    routes=(targets.Target(name="plain ASGI", kind="limit", path="/predict", body=targets.rows),),
)
FASTAPI = Program(
    name="fastapi",
    environment=ASGI,
    start=("{python}", "fastapi_server.py", *_BY_HAND),
    ready="/health",
    routes=(
        targets.Target(
            name="FastAPI + Pydantic", kind="framework", path="/predict", body=targets.rows
        ),
    ),
)
LITSERVE_ONNX = Program(
    name="litserve",
    environment=LITSERVE,
    start=("{python}", "litserve_server.py", *_BY_HAND),
    ready="/health",
    routes=(targets.Target(name="LitServe", kind="peer", path="/predict", body=targets.rows),),
)
BENTOML_ONNX = Program(
    name="bentoml",
    environment=BENTOML,
    start=(
        *("{programs}/bentoml", "serve", "--quiet", "bentoml_service:Titanic"),
        *("--host", "127.0.0.1", "--port", "{port}"),
    ),
    ready="/readyz",
    routes=(targets.Target(name="BentoML", kind="peer", path="/predict", body=targets.rows),),
    variables={"BENTOML_DO_NOT_TRACK": "true", "BENTOML_HOME": "{made}-home"},
)
RAY_ONNX = Program(
    name="ray",
    environment=RAY,
    start=("{python}", "ray_server.py", *_BY_HAND),
    ready="/-/healthz",
    routes=(targets.Target(name="Ray Serve", kind="peer", path="/predict", body=targets.rows),),
    variables={"RAY_USAGE_STATS_ENABLED": "0"},
)


def _mlserver(flavour: str, target: targets.Target) -> Program:
    return Program(
        name=f"mlserver-{flavour}",
        environment=MLSERVER,
        make=("{python}", "mlserver_save.py", "{made}"),
        start=("{programs}/mlserver", "start", "{made}/" + flavour),
        ready="/v2/models/titanic/ready",
        routes=(target,),
        variables={
            "MLSERVER_HTTP_PORT": "{port}",
            "MLSERVER_GRPC_PORT": "{second_port}",
            "MLSERVER_METRICS_PORT": "{third_port}",
        },
    )


def _mlflow(flavour: str, target: targets.Target) -> Program:
    return Program(
        name=f"mlflow-{flavour}",
        environment=MLFLOW,
        make=("{python}", "mlflow_save.py", "{model}", "{made}"),
        start=(
            *("{programs}/mlflow", "models", "serve", "--model-uri", "{made}/" + flavour),
            *("--env-manager", "local", "--host", "127.0.0.1", "--port", "{port}"),
            *("--workers", "1"),
        ),
        ready="/ping",
        routes=(target,),
        variables={"MLFLOW_DISABLE_TELEMETRY": "true"},
    )


_V2_PATH = "/v2/models/titanic/infer"
PEERS: tuple[Program, ...] = (
    LITSERVE_ONNX,
    BENTOML_ONNX,
    RAY_ONNX,
    _mlserver(
        "onnx",
        targets.Target(name="MLServer (v2)", kind="peer", path=_V2_PATH, body=targets.v2),
    ),
    _mlflow(
        "onnx",
        targets.Target(
            name="MLflow models serve", kind="peer", path="/invocations", body=targets.mlflow_inputs
        ),
    ),
    _mlserver(
        "sklearn",
        targets.Target(
            name="MLServer (v2), scikit-learn",
            kind="peer",
            path=_V2_PATH,
            body=targets.v2,
            answers="label",
            same_onnx=False,
        ),
    ),
    _mlflow(
        "sklearn",
        targets.Target(
            name="MLflow models serve, scikit-learn",
            kind="peer",
            path="/invocations",
            body=targets.mlflow_inputs,
            answers="label",
            same_onnx=False,
        ),
    ),
)
