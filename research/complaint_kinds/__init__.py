"""Training and measuring the complaint-kind model; its corpora. Entered by `train`."""
