"""MQTT at the gateway: the broker's set-up, the session with it, what comes in, what goes out.

    write_config(folder, [Listen()], "gateway", passwords)          # broker.py: a mosquitto of our own
    session = Session(settings, on_delivery, on_up, clock)          # session.py: connect, subscribe, acknowledge, watch
    inbound = Inbound(...); session.run(); inbound.run()            # inbound.py: keep, then acknowledge
    outbound = Outbound(session)                                    # outbound.py: acks, times, the beacon

This room knows neither the buffer nor the clock room: app.py hands it what it needs of them.
"""
