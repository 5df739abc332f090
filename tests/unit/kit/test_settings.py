import pathlib

import pydantic
import pytest

from kolba.kit import settings


class Blobs(pydantic.BaseModel):
    secret_access_key: pydantic.SecretStr | None = None
    region: str = "us-east-1"


class Storage(settings.ServiceSettings):
    service = "storage"

    password: pydantic.SecretStr | None = None
    blobs: Blobs = Blobs()


@pytest.fixture(autouse=True)
def config(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    path = tmp_path / "config.yaml"
    path.write_text(
        "{host: 127.0.0.1, port: 8002, data_dir: data, log: {level: DEBUG, backups: 2}}"
    )
    monkeypatch.setenv("KOLBA_STORAGE__CONFIG", str(path))
    return path


def test_the_environment_overrides_the_file_field_by_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOLBA_STORAGE__PORT", "9002")
    monkeypatch.setenv("KOLBA_STORAGE__LOG__LEVEL", "WARNING")
    loaded = settings.load(Storage)
    assert loaded.port == 9002
    assert loaded.log.level == "WARNING"
    assert loaded.log.backups == 2
    assert loaded.host == "127.0.0.1"


def test_the_directory_of_secrets_overrides_the_environment(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "KOLBA_STORAGE__PASSWORD").write_text("from the vault")
    monkeypatch.setenv("KOLBA_SECRETS_DIR", str(folder))
    monkeypatch.setenv("KOLBA_STORAGE__PASSWORD", "from the environment")
    loaded = settings.load(Storage)
    assert loaded.password is not None
    assert loaded.password.get_secret_value() == "from the vault"
    assert "vault" not in repr(loaded)


def test_a_secret_may_be_inside_a_section_and_beside_another_services(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "KOLBA_STORAGE__BLOBS__SECRET_ACCESS_KEY").write_text("from the vault\n")
    (folder / "KOLBA_COLLECTOR__DATABASE__URL").write_text("postgresql+psycopg://other")
    monkeypatch.setenv("KOLBA_SECRETS_DIR", str(folder))
    monkeypatch.setenv("KOLBA_STORAGE__BLOBS__REGION", "eu-north-1")
    blobs = settings.load(Storage).blobs
    assert blobs.secret_access_key is not None
    assert blobs.secret_access_key.get_secret_value() == "from the vault"
    assert blobs.region == "eu-north-1"


def test_a_wrong_or_unknown_field_is_named(
    config: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KOLBA_STORAGE__PORT", "99999")
    with pytest.raises(pydantic.ValidationError, match="port"):
        settings.load(Storage)
    monkeypatch.delenv("KOLBA_STORAGE__PORT")
    config.write_text("{host: a, port: 1, data_dir: b, prot: 2}")
    with pytest.raises(pydantic.ValidationError, match="prot"):
        settings.load(Storage)


def test_a_named_file_that_is_absent_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOLBA_STORAGE__CONFIG", "/nowhere/config.yaml")
    with pytest.raises(FileNotFoundError):
        settings.load(Storage)


def test_a_misspelt_variable_is_named_with_what_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOLBA_STORAGE__PROT", "9002")
    with pytest.raises(settings.UnknownSetting, match="did you mean KOLBA_STORAGE__PORT"):
        settings.load(Storage)
