"""What ties complaints and sites together: copies, campaigns, shared attributes, links."""
