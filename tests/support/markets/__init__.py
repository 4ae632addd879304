"""Small markets, rated or published, with known truth."""
