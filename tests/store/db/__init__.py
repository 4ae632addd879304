"""Tables, months, PostgreSQL."""
