"""The broker's files, the gateway's authority, and who is let in no longer."""

from argparse import Namespace

from firmware.wire import fields
from firmware.wire.errors import WireError
from gateway import certs
from gateway.admission import Admission
from gateway.cli.show import EXIT_OK, EXIT_WRONG, note, say
from gateway.config import Config


def write(settings: Config, _options: Namespace) -> int:
    say(str(Admission(settings).write_config()))
    return EXIT_OK


def authority(settings: Config, options: Namespace) -> int:
    admission = Admission(settings)
    if options.renew:
        papers = certs.renew(admission.certs_folder, settings.gateway_id)
        told = bool(settings.broker.folder) and admission.publish()
        note("another certificate is in use" if told else "another certificate is there for the broker's next start")
    else:
        papers = certs.ensure(admission.certs_folder, settings.gateway_id)
    say(papers.fingerprint)
    note(f"certificate: {papers.ca_file}; keep a copy of {papers.ca_file.with_name('ca.pem')} in a safe place")
    return EXIT_OK


def revoke(settings: Config, options: Namespace) -> int:
    try:
        fields.box_id(fields.to_bytes(options.box))
    except WireError:
        note(f"gateway: not a box id: {options.box!r}")
        return EXIT_WRONG
    admission = Admission(settings)
    was_known = options.box in {**admission.registry.boxes(), **admission.listed()}
    was_in = admission.registry.revoke(options.box)
    told = bool(settings.broker.folder) and admission.publish()
    say(f"{options.box}: {'out' if was_in else 'was out already'}{'' if was_known else ' (it was not known here)'}")
    note("the broker knows" if told else "no broker runs; the next one that is started will know")
    return EXIT_OK
