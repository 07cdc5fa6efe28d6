# ESP32-DevKitC (ESP32-WROOM-32E, 4 MiB).
# Written by scripts/draw from hardware/boards.toml: change it there.

UART = 2
I2C = 0
LIGHT = "rgb"
UART_TX = 25
UART_RX = 26
LIGHT_RED = 18
LIGHT_GREEN = 19
LIGHT_BLUE = 23
BUZZER = 27
BUTTON = 33
DISPLAY_SDA = 21
DISPLAY_SCL = 22
LIGHT_ON_LOW = False
