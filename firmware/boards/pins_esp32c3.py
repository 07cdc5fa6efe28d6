# ESP32-C3-DevKitM-1 (4 MiB).
# Written by scripts/draw from hardware/boards.toml: change it there.

UART = 1
I2C = 0
LIGHT = "ws2812"
UART_TX = 7
UART_RX = 6
LIGHT_DATA = 10
BUZZER = 3
BUTTON = 1
DISPLAY_SDA = 4
DISPLAY_SCL = 5
