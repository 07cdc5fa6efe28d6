# Settings in use: values as attributes. Apart from the tables, so that who holds settings does not hold these.

_SECRETS = ("password", "control_key")


class Section:
    # Its repr masks what must not be seen.

    def __repr__(self):
        return "Section(" + ", ".join([key + "=" + _shown(key, value) for key, value in self.__dict__.items()]) + ")"


def _shown(key, value):
    if key == "wifi":
        return repr([[ssid, "***"] for ssid, _ in value])
    return "***" if key in _SECRETS else repr(value)
