"""What a crawl writes down: captures, records, outcomes, health. Entered by `recorder`."""
