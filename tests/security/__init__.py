"""The threats of docs/threat-model.md, one test each, and what is planted everywhere."""
