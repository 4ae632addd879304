"""Day panels of what was observed of each site, and what the whole population tells. Entered by the indicators."""
