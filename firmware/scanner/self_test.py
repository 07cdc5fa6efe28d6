# What the reader says of itself when it is asked: for the command "self-test". Nothing is changed by it.

from .talk import Gone


async def run(driver, port, clock, state: str, detail: str) -> dict:
    asked_ms = clock()
    try:
        answer = await driver.check()
    except Gone:
        answer = None
    said = {"state": state, "detail": detail, "model": driver.model, "baud": port.baud, "answered": answer is not None}
    if answer is not None:
        said["answer_ms"] = clock() - asked_ms
        said["version"] = "".join([f"{byte:02x}" for byte in answer])
    return said
