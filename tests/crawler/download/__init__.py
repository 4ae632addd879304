"""What may be asked, how politely, and what an answer that is none becomes."""
