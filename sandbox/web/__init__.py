"""The sandbox over HTTP: server, stage, faults. Entered by `server`."""
