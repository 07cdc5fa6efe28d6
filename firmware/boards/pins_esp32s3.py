# ESP32-S3-DevKitC-1 (N8R2, 8 MiB).
# Written by scripts/draw from hardware/boards.toml: change it there.

UART = 1
I2C = 0
LIGHT = "ws2812"
UART_TX = 17
UART_RX = 18
LIGHT_DATA = 48
BUZZER = 4
BUTTON = 5
DISPLAY_SDA = 8
DISPLAY_SCL = 9
