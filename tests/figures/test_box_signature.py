"""The figure of the signature check runs on the interpreter and is no less than the power that is in it."""

from scripts.figures import box_signature


def test_checking_a_signature_takes_a_little_longer_than_its_modular_power():
    signature, code = box_signature.run()
    assert 0 < signature.value < 1000
    assert signature.limit is not None
    assert signature.limit * 0.5 < signature.value
    assert code.value > 0
