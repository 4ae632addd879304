"""The open evidence format, and taking it in. Entered by `ingest`."""
