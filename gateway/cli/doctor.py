"""What is wrong, and what to do; a bundle for who helps from afar."""

from argparse import Namespace
from pathlib import Path

from gateway.cli.show import EXIT_NO, EXIT_OK, EXIT_WRONG, note, say, say_json
from gateway.cli.texts import language, text
from gateway.config import Config
from gateway.doctor import bundle, examine, texts


def act(settings: Config, options: Namespace) -> int:
    """1 where something is at fault; warnings alone are 0."""
    findings = examine(settings)
    if options.json:
        say_json([one._asdict() | {"title": texts.title(one, language())} for one in findings])
    else:
        for line in texts.lines(findings, language()):
            say(line)
        note(texts.summary(findings, language()))
    if options.bundle:
        try:
            bundle.write(Path(options.bundle), settings, findings)
        except FileExistsError:
            note(text("file_exists", file=options.bundle))
            return EXIT_WRONG
        note(text("bundle", file=options.bundle))
    return EXIT_NO if any(one.level == "fault" for one in findings) else EXIT_OK
