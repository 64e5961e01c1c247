"""Every page in every state it can be in, from canned answers: what it looks like, and whether everyone can use it."""
