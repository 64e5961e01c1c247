"""The media worker: dials the socket API, takes calls, forwards encoded packets between their participants."""
