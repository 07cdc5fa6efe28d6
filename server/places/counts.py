"""How likely it is by chance that so few come: negative binomial; Poisson where the spread (variance over mean) is 1.

Pure; all of it as natural logarithms.
"""

import math


def log_zero(expected: float, spread: float) -> float:
    """ln of the probability that nobody comes where so many are expected (negative binomial; Poisson at spread 1)."""
    return -expected if spread < 1.001 else -expected * math.log(spread) / (spread - 1)


def log_at_most(count: float, expected: float, spread: float) -> float:
    """ln of the probability that so many or fewer come; of none it is `log_zero`."""
    last = term = log_zero(expected, spread)
    for came in range(1, int(count) + 1):
        more = expected if spread < 1.001 else (came - 1) * (spread - 1) / spread + expected / spread
        if more <= 0:
            break
        term += math.log(more / came)
        high = max(last, term)
        last = high + math.log(math.exp(last - high) + math.exp(term - high))
    return min(0.0, last)
