"""The broker's files, and who is let in no longer."""

from argparse import Namespace

from firmware.wire import fields
from firmware.wire.errors import WireError
from gateway import starts
from gateway.admission import Admission
from gateway.cli.show import EXIT_LATER, EXIT_NO, EXIT_OK, EXIT_WRONG, note, say
from gateway.cli.texts import text
from gateway.config import Config
from gateway.service import Service


def write(settings: Config, _options: Namespace) -> int:
    service = Service()
    starts.pause(service.runtime_folder, service.waits)  # of the broker's own service; by hand there is no such folder
    say(str(Admission(settings).write_config()))
    return EXIT_OK


def revoke(settings: Config, options: Namespace) -> int:
    try:
        fields.box_id(fields.to_bytes(options.box))
    except WireError:
        note("gateway: " + text("not_a_box", box=repr(options.box)))
        return EXIT_WRONG
    admission = Admission(settings)
    was_known = options.box in {**admission.registry.boxes(), **admission.listed()}
    if settings.broker.folder:
        was_in, told, is_clear = admission.put_out(options.box)
    else:
        was_in, told, is_clear = admission.registry.revoke(options.box), False, True
    say(f"{options.box}: {text('out' if was_in else 'out_already')}{'' if was_known else text('out_unknown')}")
    note(text("broker_told" if told else "broker_silent"))
    if not was_known:
        note(text("known_boxes", boxes=", ".join(sorted({**admission.registry.boxes(), **admission.listed()})) or "-"))
        return EXIT_NO
    if told and not is_clear:
        note(text("status_stays"))
        return EXIT_LATER
    return EXIT_OK
