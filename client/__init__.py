"""A person at the service without a browser: what a page says and sends, for tests, figures and the probe."""
