"""Every setting: type, default, one sentence. Read once when the broker starts; the reference page is made from here."""

from enum import Enum
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, FilePath, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from trust_framework.representation import AgeRules

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Environment(Enum):
    """Where this broker runs. Only `test` allows http and the test method, only `test` and `demo` loopback peers."""

    PRODUCTION = "production"
    TEST = "test"
    DEMO = "demo"


@cache
def _numbers(file: Path | None) -> frozenset[str]:
    """Those that a file names, read once."""
    return frozenset(file.read_text("utf-8").split()) if file else frozenset()


class Settings(BaseSettings):
    """Settings from `TILLIT_*` variables, or the TOML file that `TILLIT_CONFIG` names; variables win."""

    model_config = SettingsConfigDict(env_prefix="TILLIT_", extra="ignore", frozen=True)

    base_url: str = Field(description="The issuer: scheme, host and port, without path or trailing slash.")
    environment: Environment = Field(
        Environment.PRODUCTION, validation_alias="TILLIT_ENV", description="production, test or demo."
    )
    test_numbers: FilePath | None = Field(
        None,
        description="File of numbers of nobody, one a line: with TILLIT_ENV=test or demo, `apply` and care refuse the number of "
        "anybody who is neither there nor a known test person. Read when the broker starts.",
    )
    data_dir: Path = Field(Path("tillit-data"), description="Folder of the database and the key-encryption key.")
    database_url: str = Field(
        "", description="SQLAlchemy URL; empty means SQLite in the data folder. PostgreSQL for several nodes."
    )
    key_encryption_key: SecretStr | None = Field(
        None, description="Base64 of 32 bytes, or `file:PATH`; empty means `kek` in the data folder."
    )
    listen: str = Field("", description="host:port to listen on; empty means those of the base URL.")
    tls_cert: Path | None = Field(None, description="PEM certificate chain; empty when a proxy ends TLS.")
    tls_key: Path | None = Field(None, description="PEM key of the certificate.")
    card_url: str = Field("", description="Base address of the card listener; empty switches card login off.")
    card_listen: str = Field(
        "", description="host:port or unix:PATH of the card listener; empty means those of the card URL."
    )
    card_proxy_cert: Path | None = Field(
        None,
        description="PEM file of the client certificates of a proxy before the card listener; with it, the proxy alone may "
        "connect, and tells of the person's certificate in a header.",
    )
    rivta_url: str = Field(
        "", description="Base address of the RIV-TA contracts' listener; empty switches the contracts off."
    )
    rivta_listen: str = Field(
        "", description="host:port or unix:PATH of that listener; empty means those of the RIV-TA URL."
    )
    rivta_ca: Path | None = Field(
        None, description="PEM file of the roots and issuing CAs of the certificates that record systems call with."
    )
    rivta_crl: Path | None = Field(
        None,
        description="PEM file of their lists of revoked certificates, read anew when it changes; with it, a system whose CA has "
        "no list in it, or an old one, is not let in.",
    )
    rivta_ocsp: Literal["off", "on", "without-nonce"] = Field(
        "off",
        description="Whether the OCSP responder that a system's certificate names is asked, or else the list read that it names; "
        "a system whose certificate was revoked, or of which neither tells, is refused. `without-nonce` is for responders whose "
        "answers are made beforehand.",
    )
    rivta_proxy_cert: Path | None = Field(
        None,
        description="PEM file of the client certificates of a proxy before the RIV-TA listener; with it, the proxy alone may "
        "connect, and tells of the system's certificate in a header.",
    )
    rivta_subject: str = Field(
        "serialNumber", description="Field of a system certificate's subject that holds its HSA-id."
    )
    rivta_addresses: str = Field(
        "SE165565594230-1000",
        description="Logical addresses of this node besides its care providers' own, separated by commas; the preset one is "
        "the national services'.",
    )
    ca_file: Path | None = Field(None, description="Extra root certificates for outbound connections.")
    trusted_proxy: str = Field(
        "",
        description="Addresses whose X-Forwarded-For is believed, separated by commas; `unix` for whoever is on the Unix "
        "socket of TILLIT_LISTEN.",
    )
    management_listen: str = Field("", description="host:port for /metrics and health; empty switches it off.")
    checkpoint_file: Path | None = Field(
        None, description="File to which each signed checkpoint of the log is appended."
    )
    witnessed_logs: str = Field(
        "", description="Verifier keys of logs that we witness, separated by spaces; empty: we are no witness."
    )
    witnesses: str = Field(
        "", description="Witnesses of our log: the address and the key of each, separated by spaces."
    )
    access_log_months: int = Field(
        18, ge=18, description="Months that entries of the access log stay in the database before they may be archived."
    )
    log_years: int = Field(
        5, ge=5, description="Years that the log's content is kept at least; what is kept longer by its class stays so."
    )
    log_removal_hours: int = Field(
        0,
        ge=0,
        le=8784,
        description="Hours between removals of what the log may no longer keep: a standing decision that they are made; with 0 "
        "each is decided by two persons on the pages, or made by `tillit log retention --remove`.",
    )
    log_archive_dir: Path | None = Field(
        None,
        description="Folder to which months of the access log older than TILLIT_ACCESS_LOG_MONTHS are archived by themselves, "
        "and before anything is removed; empty leaves that to `tillit log archive`.",
    )
    smtp_host: str = Field("", description="Server that takes mail; empty means that no mail is sent.")
    smtp_port: int = Field(0, ge=0, le=65535, description="Its port; 0 means 587, with tls 465, with none 25.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the connection is secured; `none` to a server on this machine only."
    )
    smtp_user: str = Field("", description="User name at the mail server; empty when it asks for none.")
    smtp_password: SecretStr | None = Field(None, description="Its password, or `file:PATH`.")
    mail_from: str = Field("", description="Address that mail comes from.")
    alarm_mail: str = Field(
        "",
        description="Mail addresses, with commas between, for alarms of the federation's own safety: an operator made on the "
        "server, an emergency whose review is overdue, a job that fails.",
    )
    care_node_url: str = Field(
        "",
        description="Address of another tillit that keeps the blocks of all (the national node), or of its RIV-TA contracts, "
        "with `{operation}` where the name of one stands; empty for none.",
    )
    care_node_client_id: str = Field("", description="Our client there.")
    care_node_client_secret: SecretStr | None = Field(None, description="Its secret, or `file:PATH`.")
    care_node_cert: Path | None = Field(
        None, description="PEM certificate chain with which contracts there are called."
    )
    care_node_key: Path | None = Field(None, description="PEM key of that certificate.")
    care_node_ca: Path | None = Field(
        None, description="PEM file of the roots of its server; empty means the usual ones."
    )
    care_node_address: str = Field("SE165565594230-1000", description="Its logical address.")
    care_node_stale_after: int = Field(
        900,
        ge=60,
        le=86_400,
        description="Seconds after which the copy of other nodes' blocks is too old to answer from: an error, never an OK.",
    )
    care_node_most_opened: int = Field(
        5,
        ge=0,
        le=100,
        description="Of a hundred copies of other nodes' blocks, how many may end or be lifted in a day by what the other node "
        "says, and never fewer than five copies; beyond that an operator decides. 100 means any number.",
    )
    key_rotation_days: int = Field(
        0,
        ge=0,
        le=3650,
        description="Days of signing after which a key gets its successor by itself, published first; 0 leaves that to "
        "`tillit key rotate`. Keys that others pin by hand (of published metadata and the OpenID Federation) never do.",
    )
    threads: int = Field(8, ge=1, le=128, description="Threads that answer requests in each worker.")
    workers: int = Field(1, ge=1, le=64, description="Worker processes.")
    sign_on_idle: int = Field(30 * 60, ge=60, description="Seconds without use after which a sign-on ends.")
    sign_on_absolute: int = Field(60 * 60, ge=60, description="Seconds after identification when a sign-on ends.")
    login_lifetime: int = Field(15 * 60, ge=60, description="Seconds that a person has for one login.")
    guardian_until: int = Field(
        13,
        ge=0,
        le=18,
        description="Years that a child has when guardians no longer see what care holds of it on My page.",
    )
    self_from: int = Field(
        16, ge=0, le=18, description="Years from which people see what care holds of themselves on My page."
    )
    default_language: str = Field("sv", description="Language of pages when nothing else says.")
    contact: str = Field("", description="Mail or web address that error pages and the accessibility page show.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # pydantic-settings calls with all five
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        import os

        config = os.environ.get("TILLIT_CONFIG")
        toml = (TomlConfigSettingsSource(settings_cls, Path(config)),) if config else ()
        return (init_settings, env_settings, *toml)

    @field_validator("base_url", "card_url", "rivta_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (value != f"{parts.scheme}://{parts.netloc}" or parts.scheme not in {"https", "http"}):
            raise ValueError("scheme, host and port only: no path, no trailing slash")
        return value

    @model_validator(mode="after")
    def _http_in_test_only(self) -> "Settings":
        parts = urlsplit(self.base_url)
        if parts.scheme == "http" and not (self.environment is Environment.TEST and (parts.hostname or "") in LOOPBACK):
            raise ValueError("http is allowed with TILLIT_ENV=test on 127.0.0.1, [::1] or localhost only")
        if self.card_url and urlsplit(self.card_url).scheme != "https":
            raise ValueError("the card listener is https only")
        if self.rivta_url and urlsplit(self.rivta_url).scheme != "https":
            raise ValueError("the RIV-TA listener is https only")
        return self

    @model_validator(mode="after")
    def _mail_is_whole(self) -> "Settings":
        if self.smtp_host and "@" not in self.mail_from:
            raise ValueError("TILLIT_SMTP_HOST needs TILLIT_MAIL_FROM, a mail address")
        if self.smtp_host and self.smtp_security == "none" and self.smtp_host not in LOOPBACK:
            raise ValueError("TILLIT_SMTP_SECURITY=none is for a mail server on this machine")
        return self

    @model_validator(mode="after")
    def _care_node_is_whole(self) -> "Settings":
        if "{operation}" in self.care_node_url:
            if not (self.care_node_cert and self.care_node_key):
                raise ValueError(
                    "contracts at TILLIT_CARE_NODE_URL need TILLIT_CARE_NODE_CERT and TILLIT_CARE_NODE_KEY"
                )
        elif self.care_node_url and not (self.care_node_client_id and self.care_node_client_secret):
            raise ValueError("TILLIT_CARE_NODE_URL needs TILLIT_CARE_NODE_CLIENT_ID and TILLIT_CARE_NODE_CLIENT_SECRET")
        if self.care_node_url.endswith("/"):
            raise ValueError("TILLIT_CARE_NODE_URL: without trailing slash")
        return self

    @property
    def ages(self) -> AgeRules:
        """Until when guardians see a child's, and from when the child itself: on My page, at services and in care's decisions."""
        return AgeRules(self.guardian_until, self.self_from)

    @property
    def feigned_numbers(self) -> frozenset[str] | None:
        """Where nothing is real, further numbers that are nobody's; None in production, where numbers are people's."""
        return None if self.environment is Environment.PRODUCTION else _numbers(self.test_numbers)

    @cached_property
    def secure(self) -> bool:
        """Whether the broker is reached over https, and so uses `__Host-` cookies."""
        return self.base_url.startswith("https:")

    @cached_property
    def path(self) -> str:
        """Where the issuer stands at its host: empty, or the path of one beneath another."""
        return urlsplit(self.base_url).path

    @cached_property
    def origin(self) -> str:
        """Scheme, host and port."""
        return self.base_url.removesuffix(self.path)

    @cached_property
    def cookie_name(self) -> str:
        """Of each issuer of a host its own, so that no sign-on of one is ever shown to another."""
        return f"{'__Host-' if self.secure else ''}tillit{self.path.replace('/', '-')}"

    @property
    def entity_id(self) -> str:
        """The SAML entityID, also the address of the metadata."""
        return f"{self.base_url}/saml/metadata"

    def beneath(self, name: str) -> "Settings":
        """The settings of another issuer of this process, at a path of this one: a folder and a store of its own, nothing
        beside it, under the same key-encryption key.
        """
        kek = self.key_encryption_key or SecretStr(f"file:{self.data_dir / 'kek'}")
        own: dict[str, Any] = {
            "base_url": f"{self.base_url}/{name}",
            "data_dir": self.data_dir / name,
            "database_url": "",
            "key_encryption_key": kek,
            "card_url": "",
            "card_listen": "",
            "management_listen": "",
            "checkpoint_file": None,
            "log_archive_dir": None,
            "witnessed_logs": "",
            "witnesses": "",
            "care_node_url": "",
        }
        return self._with(own)

    def at_database(self, url: str) -> "Settings":
        """The same, with the store elsewhere."""
        return self._with({"database_url": url})

    def _with(self, changed: dict[str, Any]) -> "Settings":
        """Checked already, and changed by this program alone."""
        return Settings.model_construct(**{**{name: getattr(self, name) for name in Settings.model_fields}, **changed})

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'tillit.db'}"


PREFIX = "TILLIT_"
HIDDEN = "•••"


def variable(name: str) -> str:
    """The variable of the environment that sets a setting."""
    alias = Settings.model_fields[name].validation_alias
    return str(alias) if alias else f"{PREFIX}{name.upper()}"


def origin_of(settings: Settings, name: str) -> str:
    """Where a setting's value comes from: `environment`, `file`, `program` (who started the broker), or `default`."""
    import os

    given = {each.upper(): value for each, value in os.environ.items()}
    if variable(name) in given:
        return "environment"
    if name not in settings.model_fields_set:
        return "default"
    return "file" if "TILLIT_CONFIG" in given else "program"


def shown_value(settings: Settings, name: str) -> str:
    """The value as it may be read on a page: no key, and no password of an address."""
    value = getattr(settings, name)
    if isinstance(value, SecretStr):
        return HIDDEN
    if isinstance(value, Enum):
        return str(value.value)
    if value is None:
        return ""
    text = str(value)
    parts = urlsplit(text) if "://" in text else None
    if parts is not None and parts.password:
        return text.replace(f":{parts.password}@", f":{HIDDEN}@", 1)
    return text
