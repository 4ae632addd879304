"""Tables, engine, writing: everything SQLAlchemy. Entered by `engine` and `tables`."""
