"""What is served beside the app: API, published files, limits, metrics, the first paint. Entered by dashboard/server.py."""
