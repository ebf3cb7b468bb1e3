"""Those who are measured: each answers the same few orders, and says what it received."""
