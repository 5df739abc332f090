"""What is refused of people and their credentials."""

from __future__ import annotations

from kolba.kit import errors, text


class WrongCredentials(errors.KolbaError):
    """Unknown name, wrong password, disabled: the answer does not tell which."""

    status = 401
    slug = "wrong-credentials"
    title = text.Text(en="Not signed in", ru="Вход не выполнен")
    detail = text.Text(
        en="The name and the password do not belong together, or the account is disabled. Try again, or ask an "
        "administrator for a new password.",
        ru="Имя и пароль не подходят друг к другу, или учётная запись отключена. Повторите или попросите у "
        "администратора новый пароль.",
    )

    def __init__(self) -> None:
        super().__init__(error="invalid_grant")


class WrongPassword(errors.KolbaError):
    """Of somebody who is signed in: 401 would tell their program to sign in again."""

    status = 403
    slug = "wrong-password"
    title = text.Text(en="Wrong password", ru="Неверный пароль")
    detail = text.Text(
        en="`current` is not your password. Nothing was changed.",
        ru="`current` — не ваш пароль. Ничего не изменено.",
    )


class RefreshRefused(errors.KolbaError):
    status = 401
    slug = "refresh-refused"
    title = text.Text(en="The session is over", ru="Сеанс завершён")
    detail = text.Text(
        en="The refresh token is not good (any more). Sign in again.",
        ru="Токен обновления (больше) не действует. Войдите снова.",
    )

    def __init__(self) -> None:
        super().__init__(error="invalid_grant")


class RefreshReused(RefreshRefused):
    """Two have the same token, and one of them took it from the other."""

    slug = "refresh-reused"
    detail = text.Text(
        en="This refresh token was used before, so somebody else may have it: the session was ended. Sign in again.",
        ru="Этот токен обновления уже использован: возможно, он есть у кого-то ещё, поэтому сеанс завершён. "
        "Войдите снова.",
    )


class UnsupportedGrant(errors.KolbaError):
    status = 400
    slug = "unsupported-grant"
    title = text.Text(en="This cannot be granted", ru="Так войти нельзя")
    detail = text.Text(
        en="`grant_type` is `password` (with `username` and `password`) or `refresh_token` (with `refresh_token`).",
        ru="`grant_type`: `password` (с `username` и `password`) или `refresh_token` (с `refresh_token`).",
    )

    def __init__(self, error: str) -> None:
        super().__init__(error=error)


class TooManyAttempts(errors.KolbaError):
    status = 429
    slug = "too-many-attempts"
    title = text.Text(en="Too many attempts", ru="Слишком много попыток")
    detail = text.Text(
        en="Too many attempts. Come back in {seconds} s.",
        ru="Слишком много попыток. Вернитесь через {seconds} с.",
    )

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds=seconds, headers={"Retry-After": str(seconds)})


class TooBusy(errors.KolbaError):
    status = 503
    slug = "too-many-sign-ins"
    title = text.Text(en="Too many sign in at once", ru="Слишком многие входят одновременно")
    detail = text.Text(en="Try again in a moment.", ru="Повторите чуть позже.")

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": "1"})


class SessionOver(errors.KolbaError):
    status = 401
    slug = "session-over"
    title = text.Text(en="You are not signed in any more", ru="Вы больше не вошли")
    detail = text.Text(
        en="This session has ended (signed out, expired, or the account was disabled). Sign in again.",
        ru="Этот сеанс завершён (выход, истёк срок или учётная запись отключена). Войдите снова.",
    )

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


class ApiTokenRefused(errors.KolbaError):
    status = 401
    slug = "api-token-refused"
    title = text.Text(en="The API token is not valid", ru="API-токен недействителен")
    detail = text.Text(
        en="This API token is unknown, expired or revoked, or its owner's account is disabled. Make another.",
        ru="Этот API-токен неизвестен, истёк или отозван, либо учётная запись владельца отключена. Создайте другой.",
    )

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


class CsrfTokenMissing(errors.KolbaError):
    status = 403
    slug = "csrf-token-missing"
    title = text.Text(en="Did you mean to do this?", ru="Вы это сами хотели?")
    detail = text.Text(
        en="A request that changes something and comes with the session's cookie must have its token in "
        "`X-CSRF-Token`; `GET /auth/session` tells it.",
        ru="Запрос, который что-то меняет и приходит с cookie сеанса, должен нести его токен в `X-CSRF-Token`; "
        "его сообщает `GET /auth/session`.",
    )


class PasswordToBeChanged(errors.KolbaError):
    """Somebody else has seen the password."""

    status = 403
    slug = "password-to-be-changed"
    title = text.Text(en="Choose a password of your own first", ru="Сначала выберите свой пароль")
    detail = text.Text(
        en="Your password was made for you, and others have seen it. Choose your own (`POST /me/password`, or on your "
        "account's page); until then nothing else is answered.",
        ru="Ваш пароль придуман не вами, и его видели другие. Выберите свой (`POST /me/password` или на странице "
        "учётной записи); до этого ни на что другое ответа не будет.",
    )


class NotWithApiToken(errors.KolbaError):
    status = 403
    slug = "not-with-api-token"
    title = text.Text(en="Not with an API token", ru="Нельзя с API-токеном")
    detail = text.Text(
        en="Passwords, sessions and API tokens are changed by their owner only: sign in.",
        ru="Пароли, сеансы и API-токены меняет только их владелец: войдите.",
    )


class NoSession(errors.Conflict):
    slug = "no-session"
    detail = text.Text(
        en="You are the local person, who has neither session nor password.",
        ru="Вы локальный пользователь: у него нет ни сеанса, ни пароля.",
    )


class UnknownPerson(errors.NotFound):
    slug = "unknown-person"
    detail = text.Text(
        en="There is no person named `{name}`. `GET /people` shows who there is.",
        ru="Человека с именем `{name}` нет. Кто есть, покажет `GET /people`.",
    )


class NameTaken(errors.Conflict):
    slug = "person-name-taken"
    detail = text.Text(
        en="The name `{name}` is taken, or looks like one that is. Choose another.",
        ru="Имя `{name}` занято или похоже на занятое. Выберите другое.",
    )


class LastAdmin(errors.Conflict):
    slug = "last-admin"
    detail = text.Text(
        en="`{name}` is the last administrator. Make somebody else one first.",
        ru="`{name}` — последний администратор. Сначала назначьте другого.",
    )


class LocalIsNobody(errors.Conflict):
    slug = "local-is-configured"
    detail = text.Text(
        en="`local` is whoever is at this machine; `auth.local_user` in the configuration says what they may do.",
        ru="`local` — это тот, кто за этой машиной; что ему можно, говорит `auth.local_user` в конфигурации.",
    )


class RegistrationClosed(errors.KolbaError):
    status = 403
    slug = "registration-closed"
    title = text.Text(en="Nobody registers here", ru="Регистрация закрыта")
    detail = text.Text(
        en="Ask an administrator for an account.", ru="Попросите учётную запись у администратора."
    )


class InvitationRefused(errors.KolbaError):
    status = 403
    slug = "invitation-refused"
    title = text.Text(en="This needs an invitation", ru="Нужно приглашение")
    detail = text.Text(
        en="Registering here takes an invitation that is neither used nor expired. Ask an administrator for one.",
        ru="Для регистрации нужно неиспользованное и непросроченное приглашение. Попросите его у администратора.",
    )


class UnknownInvitation(errors.NotFound):
    slug = "unknown-invitation"
    detail = text.Text(en="There is no invitation {id}.", ru="Приглашения {id} нет.")


class UnknownSession(errors.NotFound):
    slug = "unknown-session"
    detail = text.Text(
        en="You have no session `{id}`: it may be over.",
        ru="У вас нет сеанса `{id}`: возможно, он завершён.",
    )


class UnknownApiToken(errors.NotFound):
    slug = "unknown-api-token"
    detail = text.Text(en="You have no API token {id}.", ru="У вас нет API-токена {id}.")


class TokenNameTaken(errors.Conflict):
    slug = "api-token-name-taken"
    detail = text.Text(
        en="You have an API token named `{name}` already. Choose another name, or revoke that one.",
        ru="У вас уже есть API-токен `{name}`. Выберите другое имя или отзовите тот.",
    )


class TooManyTokens(errors.Conflict):
    slug = "too-many-api-tokens"
    detail = text.Text(
        en="You have {most} API tokens, the most there can be. Revoke one.",
        ru="У вас {most} API-токенов, больше нельзя. Отзовите какой-нибудь.",
    )
