"""One rating from end to end: load the market, rate chunks of sites, write tables. Entered by `rate`."""
