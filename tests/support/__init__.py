"""What several tests share, by job: data, hostile input, markets, programs, servers, shops."""
