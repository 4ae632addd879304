"""From a finished rating to a published, sealed folder. Entered by `publisher`."""
