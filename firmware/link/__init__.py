# The link: from the spool to the gateway and back, over MQTT.
