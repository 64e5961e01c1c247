"""The probe: holds a real test call through the whole system from outside, and says what it found."""
