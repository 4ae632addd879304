"""What only a person may decide: the queue, forms, responses, disputes, withdrawals."""
