# Raspberry Pi Pico W (2 MiB).
# Written by scripts/draw from hardware/boards.toml: change it there.

UART = 0
I2C = 0
LIGHT = "rgb"
UART_TX = 0
UART_RX = 1
LIGHT_RED = 18
LIGHT_GREEN = 19
LIGHT_BLUE = 20
BUZZER = 15
BUTTON = 14
DISPLAY_SDA = 8
DISPLAY_SCL = 9
GATE = 2
LIGHT_ON_LOW = False
SYSTEM_BYTES = 655360
SPOOL_START = 655360
SPOOL_BYTES = 212992
