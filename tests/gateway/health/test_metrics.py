"""The numbers are what Prometheus reads, and the file is never half of itself."""

import threading

from gateway.health import Metric, flat, render, write


def test_the_text_is_what_prometheus_reads():
    text = render(
        [Metric("a_total", "counter", "What.", {"": 3}), Metric("b", "gauge", "Is.", {'x"\\\n': 1.5}, "kind")]
    )
    assert text.splitlines() == [
        "# HELP a_total What.",
        "# TYPE a_total counter",
        "a_total 3",
        "# HELP b Is.",
        "# TYPE b gauge",
        'b{kind="x\\"\\\\\\n"} 1.5',
    ]


def test_a_report_takes_the_numbers_without_a_label():
    metrics = [Metric("a_total", "counter", "What.", {"": 3}), Metric("b", "gauge", "Is.", {"x": 1.5}, "kind")]
    assert flat(metrics) == {"a_total": 3}


def test_a_reader_never_sees_half_a_file(tmp_path):
    path = tmp_path / "metrics.prom"
    texts = ["a" * 50_000 + "\n", "b" * 10 + "\n"]
    write(path, texts[0])
    done = threading.Event()
    wrong = []

    def read() -> None:
        while not done.is_set():
            if path.read_text() not in texts:
                wrong.append(1)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(300):
        write(path, texts[number % 2])
    done.set()
    reader.join()
    assert wrong == []
    assert [one.name for one in tmp_path.iterdir()] == ["metrics.prom"]
