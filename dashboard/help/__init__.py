"""Help for the person who lost money: triage, evidence, letters, clocks. Pure: nothing is stored, logged or sent."""
