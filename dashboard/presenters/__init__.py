"""What is shown, as data: used by pages, API, first paint, static page and command line alike. No widgets here."""
