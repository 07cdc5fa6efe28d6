"""Each room of the gateway, made from the settings and from what the gateway has already: parts of app.py."""

import random
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from gateway import server, upload
from gateway.addresses import names_of_this_machine
from gateway.config import Config, ConfigError
from gateway.downlink import Downlink, Fetch, FetchSettings, Report
from gateway.downlink import Limits as DownlinkLimits
from gateway.downlink.pace import Waits
from gateway.enrol import Judge, Listener
from gateway.enrol import Limits as EnrolLimits
from gateway.mqtt.session import Settings as SessionSettings
from gateway.panel import Panel
from gateway.panel import Settings as PanelSettings
from gateway.sources import Sources

if TYPE_CHECKING:
    from gateway.app import Gateway
    from gateway.tech.tech import Tech

log = structlog.get_logger()

WAY_NAME = "way.json"


def session_settings(config: Config) -> SessionSettings:
    return SessionSettings(
        config.broker.host,
        config.broker.port,
        config.broker.username,
        config.secret(config.broker.password_file).reveal(),
        keepalive_s=config.broker.keepalive_s,
        silence_s=max(config.broker.silence_s, 3 * config.time.beacon_s),
    )


def new_downlink(gateway: "Gateway") -> Downlink:
    ours = gateway.config.downlink
    waits = Waits(int(1000 * ours.first_wait_s), int(1000 * ours.longest_wait_s))
    return Downlink(
        gateway.store,
        gateway.outbound,
        lambda: gateway.inbound.births,
        lambda: gateway.outbound.beacon(gateway.hours.clock.beacon()),
        gateway.machine.boot,
        gateway.machine.mono_ms,
        DownlinkLimits(waits=waits, pieces_per_s=ours.pieces_per_s, updates_at_once=ours.updates_at_once),
        gateway.hours.bounds,
        gateway.events,
    )


def new_listener(gateway: "Gateway", fleet_key: bytes) -> Listener:
    """Not yet open. Raises CertError or ConfigError where it could not work."""
    settings = gateway.config.enrol
    papers = gateway.admission.papers()
    gateway.admission.check()
    taken = gateway.config.broker.username
    judge = Judge(gateway.config.gateway_id, fleet_key, gateway.admission.registry, gateway.admission.listed, taken)
    return Listener(
        judge,
        papers.chain_file,
        papers.ca_file,
        gateway.publish,
        gateway.hours.bounds,
        gateway.machine.mono_ms,
        EnrolLimits(per_minute=settings.per_minute),
        lambda box_id: gateway.events.put("enrolled", {"box_id": box_id}),
    )


def new_way(gateway: "Gateway") -> server.Way:
    ours, config = gateway.config.server, gateway.config
    settings = server.Settings(
        urls=[ours.url, *ours.more_urls],
        token=config.secret(ours.token_file).reveal(),
        ca_file=config.path(ours.ca_file) if ours.ca_file else None,
        client_chain_file=config.path(ours.client_chain_file) if ours.client_chain_file else None,
        timeout_s=config.upload.timeout_s,
        bytes_per_s=config.upload.bytes_per_s,
    )
    try:
        return server.Way(
            settings,
            gateway.data_dir / WAY_NAME,
            mono_ms=gateway.machine.mono_ms,
            utc_bounds=gateway.hours.bounds,
            random=random.random,
        )
    except server.TrustError as error:
        raise ConfigError("setting", str(error)) from error


def new_upload(gateway: "Gateway") -> "upload.Upload[Any]":
    given = {name: getattr(gateway.config.upload, name) for name in upload.Settings._fields}
    return upload.Upload(
        gateway.config.gateway_id,
        gateway.buffer,
        gateway.way,
        upload.Settings(**given),
        mono_ms=gateway.machine.mono_ms,
        instant=gateway.hours.instant,
        clocks=gateway.hours.samples_of,
        random=random.random,
        on_server_time=gateway.hours.on_server_time,
    )


def new_fetch(gateway: "Gateway") -> Fetch:
    ours = gateway.config.upload
    settings = FetchSettings(
        poll_s=gateway.config.downlink.poll_s,
        idle_s=gateway.config.downlink.report_s,
        first_wait_s=ours.first_wait_s,
        longest_wait_s=ours.longest_wait_s,
        denied_wait_s=ours.denied_wait_s,
    )
    return Fetch(
        gateway.config.gateway_id,
        gateway.store,
        gateway.way,
        settings,
        on_place=gateway.keeping.on_place,
        on_sealing_key=gateway.keeping.on_sealing_key,
        on_news=gateway.downlink.on_status,
        alert=partial(gateway.reporting.alert, box_id=None),
        on_server_time=gateway.hours.on_server_time,
    )


def new_report(gateway: "Gateway") -> Report:
    return Report(
        gateway.config.gateway_id,
        gateway.events,
        gateway.way,
        report_s=gateway.config.downlink.report_s,
        software=gateway.reporting.software,
        now=gateway.reporting.now,
        wishes_version=lambda: gateway.fetch.version,
        began_ms=gateway.began_ms,
        instant=gateway.hours.clock.utc_at,
        on_server_time=gateway.hours.on_server_time,
    )


def new_panel(gateway: "Gateway") -> Panel:
    ours, config = gateway.config.panel, gateway.config
    has_papers = bool(ours.password_file) and (gateway.enrol is not None or bool(config.broker.tls_listen))
    settings = PanelSettings(
        password_file=config.path(ours.password_file) if ours.password_file else None,
        listen=ours.listen,
        port=ours.port,
        session_hours=ours.session_hours,
        metrics_token_file=config.path(ours.metrics_token_file) if ours.metrics_token_file else None,
        chain_file=gateway.admission.papers().chain_file if has_papers else None,
        names=[config.gateway_id, f"{config.gateway_id}.local", *names_of_this_machine()],
    )
    return Panel(settings, Sources(gateway), gateway.machine.mono_ms, tech=_new_tech(gateway))


def _new_tech(gateway: "Gateway") -> "Tech | None":
    """Who answers technicians, at the panel's door; without a panel nobody does, and nothing of it is loaded."""
    if not gateway.config.panel.password_file:
        return None
    from gateway.tech.tech import Tech
    from gateway.tech.technicians import Technicians
    from gateway.workbench import Workbench

    def utc_ms() -> int:
        known = gateway.hours.bounds()
        return int(1000 * time.time()) if known is None else known[0]

    technicians = Technicians(gateway.config.technicians_file, utc_ms)
    return Tech(technicians, Workbench(gateway), gateway.live, gateway.machine.mono_ms)
