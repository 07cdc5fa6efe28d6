from firmware import app, boards

app.main(boards.here())
