"""Every number that the gateway tells of itself, with its name and what it means: the content of metrics.prom."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gateway.buffer import Stats
from gateway.health import Facts, Kind, Metric
from gateway.readers import WELL

if TYPE_CHECKING:
    from gateway.app import Gateway

Single = tuple[str, Kind, str, float]


def numbers(gateway: "Gateway", stats: Stats, facts: Facts, now_ms: int) -> list[Metric]:
    """Of one moment."""
    single: list[Single] = [
        ("tram_up_seconds", "gauge", "Since this run began.", (now_ms - gateway.began_ms) / 1000),
        ("tram_commit_seconds", "gauge", "The longest commit of the last minute.", facts.commit_s),
        ("tram_utc_known", "gauge", "1 where this machine knows UTC.", int(facts.utc_known)),
        *_messages(gateway, facts),
        *_records(stats),
        *_files(stats),
        *_sending(gateway),
        *_wishes(gateway),
        *_clock(facts),
    ]
    return [
        *(Metric(name, kind, what, {"": value}) for name, kind, what, value in single),
        *_by_label(gateway, stats),
        *_readers(gateway),
        *_panel(gateway),
        *_enrolment(gateway),
        *gateway.reporting.health.metrics(now_ms),
    ]


def _messages(gateway: "Gateway", facts: Facts) -> Iterable[Single]:
    inbound, session, outbound = gateway.inbound, gateway.session, gateway.outbound
    counts = inbound.counters
    return [
        ("tram_broker_up", "gauge", "1 while subscribed at the broker.", int(session.up)),
        ("tram_broker_shared", "gauge", "1 where another comes in under our name.", int(session.is_shared)),
        ("tram_broker_connections_total", "counter", "Connections made.", session.connections),
        ("tram_in_hand_messages", "gauge", "Messages not yet committed.", inbound.in_hand),
        ("tram_in_hand_oldest_seconds", "gauge", "Age of the oldest of them.", facts.oldest_in_hand_s),
        ("tram_commits_total", "counter", "Commits of messages.", counts.commits),
        ("tram_committed_messages_total", "counter", "Messages committed.", counts.committed_messages),
        ("tram_reading_paused_total", "counter", "Times that reading was paused.", counts.pauses),
        ("tram_stale_acks_total", "counter", "Acknowledgements of an earlier connection.", session.stale_acks),
        ("tram_old_wills_total", "counter", "Last wills older than a birth.", counts.old_wills),
        ("tram_acks_sent_total", "counter", "Acks sent to boxes.", outbound.acks_sent),
        ("tram_unsaid_total", "counter", "Messages to boxes for which there was no connection.", outbound.unsaid),
        ("tram_rulings_total", "counter", "Rulings of the place that were sent.", counts.rulings),
        ("tram_judge_faults_total", "counter", "Scans that the rules could not judge: a fault.", counts.judge_faults),
    ]


def _records(stats: Stats) -> Iterable[Single]:
    return [
        ("tram_waiting_records", "gauge", "Records without the server's answer.", stats.waiting),
        ("tram_waiting_oldest_seconds", "gauge", "Age of the oldest of them.", stats.oldest_waiting_s),
        ("tram_parked_records", "gauge", "Records set aside.", stats.parked),
        ("tram_stored_total", "counter", "Records kept.", stats.stored),
        ("tram_duplicates_total", "counter", "Records that had been kept before.", stats.duplicates),
        ("tram_conflicts_total", "counter", "Same identity, other bytes.", stats.conflicts),
        ("tram_unreadable_total", "counter", "Records kept that cannot be read here.", stats.unreadable),
        ("tram_deferred_total", "counter", "Records left unanswered for too many holes.", stats.deferred),
    ]


def _files(stats: Stats) -> Iterable[Single]:
    return [
        ("tram_buffer_ok", "gauge", "1 where the buffer takes what comes.", int(stats.state == "ok")),
        ("tram_buffer_file_bytes", "gauge", "Size of the buffer's files.", stats.file_bytes),
        ("tram_buffer_wal_bytes", "gauge", "Size of the write-ahead log.", stats.wal_bytes),
        ("tram_buffer_segments", "gauge", "Files of the buffer.", stats.segments),
        ("tram_buffer_finished_files_total", "counter", "Files given up after an error.", stats.finished_files),
        ("tram_buffer_rotten_total", "counter", "Rows that were not as written.", stats.rotten),
        ("tram_buffer_ballast_bytes", "gauge", "Held in reserve for a full disk.", stats.ballast_bytes),
        ("tram_disk_free_bytes", "gauge", "Free on the buffer's disk.", stats.free_bytes),
        ("tram_quarantine_dropped_total", "counter", "Counted, content not kept.", stats.quarantine_dropped),
    ]


def _sending(gateway: "Gateway") -> Iterable[Single]:
    sent, events = gateway.upload.stats(), gateway.events
    return [
        ("tram_upload_batches_total", "counter", "Batches that the server answered for.", sent.batches),
        ("tram_upload_records_total", "counter", "Records in them.", sent.scans),
        ("tram_upload_bytes_total", "counter", "Bodies sent, failed tries included.", sent.sent_bytes),
        ("tram_line_sent_bytes_total", "counter", "To the server, all headers included.", gateway.way.meter.sent),
        ("tram_line_received_bytes_total", "counter", "From the server.", gateway.way.meter.received),
        ("tram_upload_batch_records", "gauge", "How many the next batch may have.", sent.batch_scans),
        ("tram_events_waiting", "gauge", "Events that the server has not confirmed.", events.waiting),
        ("tram_events_merged_total", "counter", "Alerts that were put together for want of room.", events.merged),
        ("tram_events_dropped_total", "counter", "Events for which there was no room.", events.dropped),
        ("tram_reports_total", "counter", "Reports that the server took.", gateway.report.sent),
        ("tram_wishes_fetched_total", "counter", "Answers to questions for wishes.", gateway.fetch.fetched),
        ("tram_wishes_version", "gauge", "Of the wishes that were taken last.", gateway.fetch.version),
    ]


def _clock(facts: Facts) -> Iterable[Single]:
    synchronised = -1 if facts.is_synchronised is None else int(facts.is_synchronised)
    days = facts.certificate_days
    if days is not None:
        yield "tram_certificate_days", "gauge", "Until the certificate that boxes see ends.", round(days, 2)
    clocks: list[Single] = [
        ("tram_clock_synchronised", "gauge", "1: so says the kernel; 0: it does not; -1: not asked.", synchronised),
        ("tram_clock_contradiction_seconds", "gauge", "Kernel against server.", facts.contradiction_ms / 1000),
        ("tram_lag_seconds", "gauge", "How late this program's tasks come.", round(facts.lag_s, 3)),
        ("tram_writer_silent_seconds", "gauge", "Since a question to the writer is out.", facts.writer_silent_s),
    ]
    yield from clocks


def _wishes(gateway: "Gateway") -> Iterable[Single]:
    downlink = gateway.downlink
    return [
        ("tram_commands_waiting", "gauge", "Commands without an answer.", len(downlink.wishes.orders)),
        ("tram_results_repeated_total", "counter", "Answers that had come before.", downlink.answers.duplicates),
        ("tram_pieces_sent_total", "counter", "Pieces of firmware sent.", downlink.pieces.sent),
        ("tram_wishes_damaged", "gauge", "Files of wishes that cannot be read.", len(downlink.damaged)),
    ]


def _by_label(gateway: "Gateway", stats: Stats) -> Iterable[Metric]:
    counts, downlink = gateway.inbound.counters, gateway.downlink
    boxes = {box: int(said["state"] == "online") for box, said in gateway.inbound.births.items()}
    pieces = downlink.pieces.refused
    return [
        Metric("tram_messages_total", "counter", "Messages by topic.", counts.messages, "topic"),
        Metric("tram_refused_total", "counter", "Messages refused by reason.", counts.refused, "reason"),
        Metric("tram_not_kept_total", "counter", "Commits that failed.", counts.not_kept, "reason"),
        Metric("tram_quarantined_total", "counter", "In quarantine, by reason.", stats.quarantined, "reason"),
        Metric("tram_verdicts_total", "counter", "The server's verdicts.", stats.verdicts, "verdict"),
        Metric("tram_box_online", "gauge", "1 where the box's latest status is online.", boxes, "box"),
        Metric("tram_said_total", "counter", "What was wished, said to boxes.", downlink.sent, "what"),
        Metric("tram_boxes_behind", "gauge", "Boxes online without what is wished.", downlink.behind(), "what"),
        Metric("tram_commands_total", "counter", "Commands, by what came of them.", downlink.outcomes, "outcome"),
        Metric("tram_pieces_refused_total", "counter", "Pieces asked for and not sent.", pieces, "reason"),
    ]


def _readers(gateway: "Gateway") -> Iterable[Metric]:
    there = [one for one in gateway.readers.states() if one.box_id]
    well = {one.box_id: int(one.state in WELL) for one in there}
    scans = {one.box_id: one.scans for one in there}
    return [
        Metric("tram_reader_ok", "gauge", "1 where this reader on a wire is well.", well, "box"),
        Metric("tram_reader_scans", "gauge", "Scans kept since it was plugged in.", scans, "box"),
    ]


def _panel(gateway: "Gateway") -> Iterable[Metric]:
    for name, value in gateway.panel.numbers().items():
        kind: Kind = "counter" if name.endswith("_total") else "gauge"
        yield Metric(f"tram_panel_{name}", kind, "Of the place's own page.", {"": value})


def _enrolment(gateway: "Gateway") -> Iterable[Metric]:
    enrol, admission = gateway.enrol, gateway.admission
    if enrol is None:
        return []
    told = {"heard": admission.reloads, "nobody": admission.unheard}
    turned = enrol.turned_away
    return [
        Metric("tram_enrol_answers_total", "counter", "Answers to boxes that enrol.", enrol.answers, "answer"),
        Metric("tram_enrol_turned_away_total", "counter", "Connections without an answer.", turned, "reason"),
        Metric("tram_broker_told_in_vain", "gauge", "Times in a row.", {"": gateway.told_in_vain}),
        Metric("tram_broker_reloads_total", "counter", "Signals to the broker, by who heard them.", told, "by"),
    ]
