"""The proof that a power cut never leaves a box without a way in: run by scripts/powercut --enrolment."""
